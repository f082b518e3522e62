package checkpoint

import (
	"context"
	"log/slog"
	"net/url"
	"strings"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/keys"
	"github.com/patient-care-aggregator/aggregator/internal/panics"
	"github.com/patient-care-aggregator/aggregator/internal/upstream"
)

// Options say where checkpoints of a log are signed and kept.
type Options struct {
	File    string           // that every checkpoint goes to, next to the database; empty: none
	KeyPath string           // made when absent
	Origin  string           // name of a key that is made: after the host that citizens see
	Sink    string           // a file, or an https address, besides File; empty: none
	Token   keys.Secret      // lets this service in at an https sink; empty: none is asked for
	HTTP    *upstream.Client // asks an https sink
	Log     Log
	Now     func() time.Time
	// Logger hears of checkpoints that could not be published.
	Logger *slog.Logger
	// Leads reports whether this process is the one that signs; nil: it is.
	Leads func(context.Context) (bool, error)
	// Failed counts them; may be nil.
	Failed func()
	Panics panics.Handler // may be nil
}

// Log is the log as [OpenPublisher] needs it.
type Log interface {
	audit.Tree
	audit.Erasures
}

// OpenPublisher opens or makes the signing key, and continues from the newest checkpoint
// that the file next to the database, or a sink that is a file, knows. An https sink is
// asked when something is to be signed or compared.
func OpenPublisher(o Options) (*Publisher, Key, error) {
	key, err := OpenKey(o.KeyPath, o.Origin)
	if err != nil {
		return nil, Key{}, err
	}
	kept := readers{by: key.PublicKeys(), logger: o.Logger}
	if o.File != "" {
		kept.files = append(kept.files, NewFileSink(o.File))
	}
	var sinks Sinks
	switch {
	case strings.HasPrefix(o.Sink, "https://"):
		if kept.address, err = NewHTTPSink(o.Sink, o.Token, o.HTTP); err != nil {
			return nil, Key{}, err
		}
		sinks = append(sinks, kept.address)
	case o.Sink != "":
		kept.files = append(kept.files, NewFileSink(o.Sink))
	}
	var last *audit.Checkpoint
	erased := int64(0)
	for _, f := range kept.files {
		found, err := f.Checkpoints(kept.by)
		if err != nil {
			return nil, Key{}, err
		}
		if found.Foreign > 0 && o.Logger != nil {
			o.Logger.Warn("a file of checkpoints has notes that are not signed with a key of this log", slog.Int("count", found.Foreign))
		}
		for _, c := range found.Checkpoints {
			if last == nil || c.Size > last.Size {
				last = &c
			}
		}
		for _, e := range found.Erasures {
			erased = max(erased, e.Seq+1)
		}
		sinks = append(sinks, f)
	}
	publisher, err := New(Deps{
		Log: o.Log, Signers: key.Signers, Sink: sinks, Now: o.Now, Logger: o.Logger, Failed: o.Failed, Panics: o.Panics,
		Last: last, Resend: kept.address != nil, ReadBack: kept.later, Leads: o.Leads, Erasures: o.Log, ErasuresFrom: erased,
	})
	return publisher, key, err
}

// OriginOf names the log after the host that citizens see.
func OriginOf(publicURL string) string {
	u, err := url.Parse(publicURL)
	if err != nil || u.Host == "" {
		return "aggregator/audit"
	}
	return u.Host + "/audit"
}
