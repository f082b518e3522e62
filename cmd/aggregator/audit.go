package main

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"strings"
	"time"

	"go.opentelemetry.io/otel/trace/noop"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/audit/checkpoint"
	"github.com/patient-care-aggregator/aggregator/internal/config"
	"github.com/patient-care-aggregator/aggregator/internal/keys"
	"github.com/patient-care-aggregator/aggregator/internal/store"
	"github.com/patient-care-aggregator/aggregator/internal/store/location"
	"github.com/patient-care-aggregator/aggregator/internal/upstream"
)

type auditCommand struct {
	Verify     auditVerifyCommand     `cmd:"" help:"Recompute the whole log and name the first entry that is wrong."`
	Export     auditExportCommand     `cmd:"" help:"Write the log, or a part, for an auditor. The export is itself logged."`
	Check      auditCheckCommand      `cmd:"" help:"Prove an export with only checkpoints and the public key: without the database and the service."`
	Checkpoint auditCheckpointCommand `cmd:"" help:"Sign the current log, publish the checkpoint, and print it."`
	Prove      auditProveCommand      `cmd:"" help:"Write one entry with the proof that it is in the log, for 'audit check'."`
	ChangeKey  auditChangeKeyCommand  `cmd:"" name:"change-key" help:"Begin, or finish, a planned change of the key that signs checkpoints: both keys sign meanwhile."`
	PublicKey  auditPublicKeyCommand  `cmd:"" name:"public-key" help:"Print the keys that checkpoints are checked with, a line each: the one in use, and those before it."`
	Match      auditMatchCommand      `cmd:"" help:"Tell whether an answer that somebody kept is what an entry released to a citizen. The question is itself logged, where the citizen sees it."`
	Who        auditWhoCommand        `cmd:"" help:"Name the account of a member of staff whom the log has under a pseudonym. The question is itself logged."`
	AcceptFork auditAcceptForkCommand `cmd:"" name:"accept-fork" help:"Accept, once and on the record, a log that is not the one that was signed: a backup was restored. The service must not run."`
	Retention  auditRetentionCommand  `cmd:"" help:"Remove what is older than it may be kept; the server does so every day."`
}

// database is the address of the log: the flag, or the service's own setting.
type database struct {
	Database string `help:"URL of the database: sqlite:PATH or postgres://USER@HOST/DATABASE." setting:"PCA_DATABASE_URL" required:""`
}

// location returns where the database and the files next to it are.
func (d database) location() (location.Location, error) {
	at, err := location.Parse(d.Database)
	if err != nil {
		return at, fmt.Errorf("%w: the database's URL %w", errUsage, err)
	}
	return at, nil
}

func (d database) open(env *environment) (*store.Store, error) {
	if _, err := d.location(); err != nil {
		return nil, err
	}
	return store.OpenBeside(env.ctx, d.Database, store.Options{})
}

// checkpointKey is the key that signs checkpoints, as the service is configured.
type checkpointKey struct {
	KeyFile string `name:"checkpoint-key-file" help:"Key that signs checkpoints (default: next to the database)." setting:"PCA_AUDIT_CHECKPOINT_KEY_FILE" placeholder:"FILE"`
}

func (c checkpointKey) keyPath(at location.Location) string {
	return cmp.Or(c.KeyFile, at.CheckpointKey())
}

// signing is how checkpoints are signed and where they are published, as the service is configured.
type signing struct {
	checkpointKey

	Sink string `help:"File or https address that checkpoints are published to, in addition to the file next to the database; $PCA_AUDIT_CHECKPOINT_SINK_TOKEN_FILE has its token." setting:"PCA_AUDIT_CHECKPOINT_SINK" placeholder:"SINK"`
}

// files are the files of checkpoints that this machine can read.
func (s signing) files(at location.Location) []string {
	var files []string
	if own := at.Checkpoints(); own != "" {
		files = append(files, own)
	}
	if s.Sink != "" && !strings.HasPrefix(s.Sink, "https://") {
		files = append(files, s.Sink)
	}
	return files
}

// remote is the https sink; nil: none is configured. done ends its connections.
func (s signing) remote(env *environment) (sink *checkpoint.HTTPSink, done func(), err error) {
	if !strings.HasPrefix(s.Sink, "https://") {
		return nil, func() {}, nil
	}
	client, token, err := sinkClient(env)
	if err != nil {
		return nil, nil, err
	}
	sink, err = checkpoint.NewHTTPSink(s.Sink, token, client)
	return sink, client.Close, err
}

// sinkClient asks an https sink with that token.
func sinkClient(env *environment) (*upstream.Client, keys.Secret, error) {
	const patience = 10 * time.Second
	token, _, err := config.Lookup(env.environ, "PCA_AUDIT_CHECKPOINT_SINK_TOKEN")
	if err != nil {
		return nil, keys.Secret{}, fmt.Errorf("%w: read the sink's token: %w", errUsage, err)
	}
	return upstream.NewClient(upstream.Options{
		Name: "checkpoint-sink", Timeout: patience, MaxBytes: checkpoint.MaxSinkAnswer, Now: time.Now,
		Observe: func(string, int, time.Duration) {}, Tracer: noop.NewTracerProvider().Tracer(""),
	}), keys.NewSecret(token), nil
}

// readSink reads back what the https sink keeps; nothing where no sink is named, or it can
// only be written to, of which the reader is told.
func (s signing) readSink(env *environment, by checkpoint.PublicKeys) (checkpoint.Found, error) {
	sink, done, err := s.remote(env)
	if err != nil || sink == nil {
		return checkpoint.Found{}, err
	}
	defer done()
	found, err := sink.Checkpoints(env.ctx, by)
	if errors.Is(err, checkpoint.ErrWriteOnly) {
		_, err = fmt.Fprintf(env.stderr, "Get what the https sink holds from those who keep it: %v.\n", err)
	}
	return found, err
}

// publish signs the current log and returns the signed checkpoint. It makes no key:
// a signature by a key that the service does not have proves nothing.
func (s signing) publish(env *environment, at location.Location, log checkpoint.Log) (checkpoint.Signed, error) {
	key := s.keyPath(at)
	if _, err := os.Stat(key); err != nil {
		return checkpoint.Signed{}, fmt.Errorf("%w: the checkpoint key cannot be read: %w", errUsage, err)
	}
	sink, token, err := sinkClient(env)
	if err != nil {
		return checkpoint.Signed{}, err
	}
	defer sink.Close()
	publisher, _, err := checkpoint.OpenPublisher(checkpoint.Options{
		File: at.Checkpoints(), KeyPath: key, Sink: s.Sink, Token: token, Log: log, Now: time.Now,
		HTTP:   sink,
		Logger: slog.New(slog.NewTextHandler(env.stderr, nil)),
	})
	if err != nil {
		return checkpoint.Signed{}, err
	}
	return publisher.PublishSigned(env.ctx)
}

// readPublicKeys reads the public keys of one log from their file.
func readPublicKeys(file string) (checkpoint.PublicKeys, error) {
	text, err := os.ReadFile(file) //nolint:gosec // the operator names the file
	if err != nil {
		return nil, fmt.Errorf("read the public key: %w", err)
	}
	return checkpoint.ParsePublicKeys(string(text))
}

// readCheckpoints reads a file of checkpoints: as a sink has them, as /audit/v1/checkpoint
// answers, or signed notes. What is in it and not signed with one of those keys is a
// fault, except one note that was cut short, of which the reader is told.
func readCheckpoints(env *environment, file string, by checkpoint.PublicKeys) ([]audit.Checkpoint, error) {
	f, err := os.Open(file) //nolint:gosec // the operator names the file
	if err != nil {
		return nil, fmt.Errorf("read checkpoints: %w", err)
	}
	defer f.Close() //nolint:errcheck // it is only read
	found, err := checkpoint.Read(f, by)
	if err != nil {
		return nil, err
	}
	return usable(env, found, file)
}

// usable are the checkpoints that were found in a place, unless something there wants an
// explanation.
func usable(env *environment, found checkpoint.Found, file string) ([]audit.Checkpoint, error) {
	switch {
	case found.Foreign > 0 && found.OtherKey != "":
		return nil, fmt.Errorf("read checkpoints: %w: %d notes of %s are not signed with that key but with another one of the same name, %s. "+
			"If you were told that the key was changed, get the new public key from the operators, who print it with 'aggregator audit public-key', and add its line to your file; "+
			"if you were not, ask them why", checkpoint.ErrNotCheckpoint, found.Foreign, file, found.OtherKey)
	case found.Foreign > 0:
		return nil, fmt.Errorf("read checkpoints: %w: %d notes of %s are not signed with that key", checkpoint.ErrNotCheckpoint, found.Foreign, file)
	case found.CutShort > 1:
		return nil, fmt.Errorf("read checkpoints: %w: %d notes of %s are not whole, and an interrupted write can explain only one", checkpoint.ErrNotCheckpoint, found.CutShort, file)
	case len(found.Checkpoints) == 0:
		return nil, fmt.Errorf("read checkpoints: %w: %s holds no checkpoint", checkpoint.ErrNotCheckpoint, file)
	}
	if found.CutShort > 0 {
		if _, err := fmt.Fprintf(env.stderr, "One note of %s is not whole: a write was interrupted.\n", file); err != nil {
			return nil, err
		}
	}
	if found.OtherKey != "" {
		if _, err := fmt.Fprintf(env.stderr, "Notes of %s have a signature of another key too, %s: the key is being changed. Get the new public key from the operators and add its line to your file.\n", file, found.OtherKey); err != nil {
			return nil, err
		}
	}
	return found.Checkpoints, nil
}

func exists(file string) bool {
	_, err := os.Stat(file)
	return !errors.Is(err, fs.ErrNotExist)
}
