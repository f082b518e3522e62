package checkpoint_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/audit/audittest"
	"github.com/patient-care-aggregator/aggregator/internal/audit/checkpoint"
	"github.com/patient-care-aggregator/aggregator/internal/panics"
)

func newKey(t testing.TB) (checkpoint.Key, checkpoint.PublicKeys) {
	t.Helper()
	k, err := checkpoint.OpenKey(filepath.Join(t.TempDir(), "checkpoint.key"), "log.example")
	if err != nil {
		t.Fatal(err)
	}
	return k, k.PublicKeys()
}

func TestCheckpoint(t *testing.T) {
	key, verifier := newKey(t)
	c := audittest.New(t, 3).Checkpoint(t)
	signed, err := checkpoint.Sign(c, key.Signers...)
	if err != nil {
		t.Fatal(err)
	}

	t.Run("what was signed opens as it was", func(t *testing.T) {
		got, err := checkpoint.Open(signed, verifier)
		if err != nil || got.Size != 3 || got.Root != c.Root || got.Origin != "log.example" || !got.At.Equal(c.At.Truncate(time.Second)) {
			t.Errorf("%+v, %v", got, err)
		}
	})

	t.Run("the text has the form that other tools read", func(t *testing.T) {
		lines := strings.Split(string(signed), "\n")
		if lines[0] != "log.example" || lines[1] != "3" || len(lines[2]) != 44 || lines[3] != "time 2026-11-02T12:30:00Z" || lines[4] != "" {
			t.Errorf("%q", lines)
		}
	})

	t.Run("what was changed, or signed by another, opens not", func(t *testing.T) {
		other, _ := newKey(t)
		foreign, err := checkpoint.Sign(c, other.Signers...)
		if err != nil {
			t.Fatal(err)
		}
		for name, bad := range map[string][]byte{
			"another size": bytes.Replace(signed, []byte("\n3\n"), []byte("\n4\n"), 1),
			"another key":  foreign,
			"nothing":      nil,
		} {
			if _, err := checkpoint.Open(bad, verifier); !errors.Is(err, checkpoint.ErrNotCheckpoint) {
				t.Errorf("%s: %v", name, err)
			}
		}
		for _, text := range []string{"log.example\n3\n", "log.example\nx\nAA==\n", "log.example\n-1\n" + c.Root.String() + "\n", "other\n3\n" + c.Root.String() + "\n", "log.example\n3\nAA==\n", "log.example\n3\n" + c.Root.String() + "\ntime now\n"} {
			n, err := note.Sign(&note.Note{Text: text}, key.Signers...)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := checkpoint.Open(n, verifier); !errors.Is(err, checkpoint.ErrNotCheckpoint) {
				t.Errorf("%q: %v", text, err)
			}
		}
	})
}

func TestKey(t *testing.T) {
	t.Run("it is made once, private, with its public half beside it", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "checkpoint.key")
		a, err := checkpoint.OpenKey(path, "log.example")
		if err != nil {
			t.Fatal(err)
		}
		b, err := checkpoint.OpenKey(path, "log.example")
		if err != nil || a.Public != b.Public {
			t.Errorf("another key the second time: %v", err)
		}
		info, err := os.Stat(path)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("mode %v, %v", info.Mode(), err)
		}
		public, err := os.ReadFile(path + ".pub")
		if err != nil || strings.TrimSpace(string(public)) != a.Public || strings.Contains(string(public), "PRIVATE") {
			t.Errorf("public half %q, %v", public, err)
		}
	})

	t.Run("one that others can read, and one that is damaged, is refused without repeating it", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "checkpoint.key")
		if _, err := checkpoint.OpenKey(path, "log.example"); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := checkpoint.OpenKey(path, "log.example"); !errors.Is(err, checkpoint.ErrUnsafeKey) {
			t.Errorf("error %v", err)
		}
		damaged := filepath.Join(t.TempDir(), "checkpoint.key")
		if err := os.WriteFile(damaged, []byte("PRIVATE+KEY+secret\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := checkpoint.OpenKey(damaged, "log.example"); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("error %v", err)
		}
	})
}

func TestFileSink(t *testing.T) {
	key, verifier := newKey(t)
	path := filepath.Join(t.TempDir(), "checkpoints")
	sink := checkpoint.NewFileSink(path)
	if found, err := sink.Checkpoints(verifier); err != nil || len(found.Checkpoints) != 0 {
		t.Fatalf("before the first: %+v, %v", found, err)
	}
	publish := func(size int) {
		t.Helper()
		signed, err := checkpoint.Sign(audittest.New(t, size).Checkpoint(t), key.Signers...)
		if err != nil {
			t.Fatal(err)
		}
		if err := sink.Publish(t.Context(), signed); err != nil {
			t.Fatal(err)
		}
	}
	publish(1)
	// A crash in the middle of a line.
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(`{"checkpoint":"log.exa`); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	publish(2)
	found, err := sink.Checkpoints(verifier)
	if known := found.Checkpoints; err != nil || found.CutShort != 1 || found.Foreign != 0 || len(known) != 2 || known[0].Size != 1 || known[1].Size != 2 {
		t.Errorf("%+v, %v", found, err)
	}
}

type sinkFunc func(context.Context, []byte) error

func (f sinkFunc) Publish(ctx context.Context, signed []byte) error { return f(ctx, signed) }

func TestCheckpointer(t *testing.T) {
	key, verifier := newKey(t)
	published := func() (*[]audit.Checkpoint, checkpoint.Sink) {
		var all []audit.Checkpoint
		return &all, sinkFunc(func(_ context.Context, signed []byte) error {
			c, err := checkpoint.Open(signed, verifier)
			all = append(all, c)
			return err
		})
	}
	deps := func(l audit.Tree, s checkpoint.Sink, last *audit.Checkpoint) checkpoint.Deps {
		return checkpoint.Deps{Log: l, Signers: key.Signers, Sink: s, Now: func() time.Time { return audittest.Day(4) }, Logger: slog.New(slog.DiscardHandler), Last: last}
	}
	start := func(t *testing.T, l audit.Tree, s checkpoint.Sink, last *audit.Checkpoint) *checkpoint.Publisher {
		t.Helper()
		c, err := checkpoint.New(deps(l, s, last))
		if err != nil {
			t.Fatal(err)
		}
		return c
	}

	t.Run("it signs what was appended, and nothing twice", func(t *testing.T) {
		l := audittest.New(t, 3)
		all, sink := published()
		c := start(t, l, sink, nil)
		for range 2 {
			if got, err := c.Publish(t.Context()); err != nil || got.Size != 3 {
				t.Errorf("%+v, %v", got, err)
			}
		}
		l.Add(t, audittest.Sample(3))
		if _, err := c.Publish(t.Context()); err != nil {
			t.Error(err)
		}
		if len(*all) != 2 || (*all)[1].Root != l.Checkpoint(t).Root {
			t.Errorf("%+v", *all)
		}
	})

	t.Run("a log that does not continue the last checkpoint is not signed", func(t *testing.T) {
		l := audittest.New(t, 5)
		last := l.Checkpoint(t)
		all, sink := published()
		c := start(t, l, sink, &last)
		l.Stored[2].Leaf = l.Stored[1].Leaf
		l.Add(t, audittest.Sample(5)) // hashes everything again
		if _, err := c.Publish(t.Context()); !errors.Is(err, checkpoint.ErrForked) {
			t.Errorf("rewritten: %v", err)
		}
		l.Stored = l.Stored[:4]
		if _, err := c.Publish(t.Context()); !errors.Is(err, checkpoint.ErrForked) {
			t.Errorf("shortened: %v", err)
		}
		if len(*all) != 0 {
			t.Errorf("%+v", *all)
		}
	})

	t.Run("one that no sink kept is published at the next turn", func(t *testing.T) {
		l := audittest.New(t, 3)
		all, sink := published()
		down := true
		c := start(t, l, checkpoint.Sinks{sinkFunc(func(context.Context, []byte) error {
			if down {
				return errors.New("down")
			}
			return nil
		}), sink}, nil)
		if _, err := c.Publish(t.Context()); err == nil {
			t.Error("it counted as published")
		}
		down = false
		if _, err := c.Publish(t.Context()); err != nil || len(*all) != 2 {
			t.Errorf("%+v, %v", *all, err)
		}
	})

	t.Run("it publishes immediately, at every interval, and once more when it is closed", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			l := audittest.New(t, 1)
			var count atomic.Int32
			c := start(t, l, sinkFunc(func(context.Context, []byte) error {
				count.Add(1)
				return nil
			}), nil)
			ctx, end := context.WithCancel(t.Context())
			done := make(chan struct{})
			go func() {
				defer close(done)
				c.Run(ctx, time.Hour)
			}()
			for i := range 3 {
				synctest.Wait()
				if n := count.Load(); n != int32(i+1) {
					t.Errorf("%d were published in hour %d", n, i)
				}
				l.Add(t, audittest.Sample(i+1))
				if i < 2 {
					time.Sleep(time.Hour) // of the bubble's clock
				}
			}
			end()
			<-done
			l.Add(t, audittest.Sample(4)) // a request that was under way
			if n := count.Load(); n != 3 {
				t.Errorf("%d were published before the last entry", n)
			}
			if err := c.Close(context.WithoutCancel(ctx)); err != nil || count.Load() != 4 {
				t.Errorf("%d were published in all, %v", count.Load(), err)
			}
		})
	})

	t.Run("a panic in a sink fails that checkpoint only", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			l := audittest.New(t, 1)
			var tries, failed, contained atomic.Int32
			d := deps(l, sinkFunc(func(context.Context, []byte) error {
				if tries.Add(1) == 1 {
					panic("fault in a sink")
				}
				return nil
			}), nil)
			d.Failed = func() { failed.Add(1) }
			d.Panics = func(context.Context, *panics.Error) { contained.Add(1) }
			c, err := checkpoint.New(d)
			if err != nil {
				t.Fatal(err)
			}
			ctx, end := context.WithCancel(t.Context())
			done := make(chan struct{})
			go func() {
				defer close(done)
				c.Run(ctx, time.Hour)
			}()
			time.Sleep(90 * time.Minute) // of the bubble's clock
			end()
			<-done
			if tries.Load() != 2 || failed.Load() != 1 || contained.Load() != 1 {
				t.Errorf("%d tries, %d failed, %d panics", tries.Load(), failed.Load(), contained.Load())
			}
		})
	})

	t.Run("nothing may be missing", func(t *testing.T) {
		if _, err := checkpoint.New(checkpoint.Deps{}); err == nil {
			t.Error("it was made of nothing")
		}
	})
}
