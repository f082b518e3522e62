package checkpoint

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"sync"
)

// Sink takes signed checkpoints to where the log's administrator cannot change
// them: another host, a write-once bucket, an append-only file of another owner.
type Sink interface {
	// Publish returns after the note is kept there.
	Publish(ctx context.Context, signed []byte) error
}

// FileSink appends checkpoints to a file, one JSON object a line. It is worth as
// much as the file is out of the administrator's reach.
type FileSink struct {
	path string
	mu   sync.Mutex
	seen int64 // bytes of the file that Later has read
}

// NewFileSink appends to the file at path, and makes it when absent.
func NewFileSink(path string) *FileSink { return &FileSink{path: path} }

type sinkLine struct {
	Checkpoint string `json:"checkpoint"` // the signed note
}

// Publish implements Sink.
func (s *FileSink) Publish(_ context.Context, signed []byte) error {
	line, err := json.Marshal(sinkLine{string(signed)})
	if err != nil {
		return fmt.Errorf("publish checkpoint: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	f, err := os.OpenFile(s.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, keyMode)
	if err != nil {
		return fmt.Errorf("publish checkpoint: %w", err)
	}
	// A line that a crash cut short must not swallow this one: it begins on a line of its own.
	_, err = f.Write(append([]byte("\n"), append(line, '\n')...))
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("publish checkpoint: %w", err)
	}
	return nil
}

// Checkpoints reads back what the file holds. A file that does not exist holds none.
func (s *FileSink) Checkpoints(by PublicKeys) (Found, error) {
	f, err := os.Open(s.path)
	if errors.Is(err, fs.ErrNotExist) {
		return Found{}, nil
	}
	if err != nil {
		return Found{}, fmt.Errorf("read checkpoints: %w", err)
	}
	defer func() { _ = f.Close() }()
	return Read(f, by)
}

// Later reads what was added to the file since the last time, by this process or others.
func (s *FileSink) Later(by PublicKeys) (Found, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f, err := os.Open(s.path)
	if errors.Is(err, fs.ErrNotExist) && s.seen == 0 {
		return Found{}, nil
	}
	if err != nil {
		return Found{}, fmt.Errorf("read back checkpoints: %w", err)
	}
	defer func() { _ = f.Close() }()
	if _, err := f.Seek(s.seen, io.SeekStart); err != nil {
		return Found{}, fmt.Errorf("read back checkpoints: %w", err)
	}
	found, err := Read(f, by)
	if err != nil {
		return found, err
	}
	s.seen, err = f.Seek(0, io.SeekCurrent)
	if err != nil {
		return found, fmt.Errorf("read back checkpoints: %w", err)
	}
	return found, nil
}

// Sinks publishes to several sinks; all of them have to keep the note.
type Sinks []Sink

// Publish implements Sink. It tries every sink even when one fails.
func (s Sinks) Publish(ctx context.Context, signed []byte) error {
	var errs []error
	for _, one := range s {
		errs = append(errs, one.Publish(ctx, signed))
	}
	return errors.Join(errs...)
}
