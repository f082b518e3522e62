package checkpoint_test

import (
	"compress/gzip"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/audit/audittest"
	"github.com/patient-care-aggregator/aggregator/internal/audit/checkpoint"
	"github.com/patient-care-aggregator/aggregator/internal/keys"
)

// The machine was put back as a whole, with the file next to its database: only the sink
// knows what was signed.
func TestALogThatTheHTTPSinkDoesNotKnowIsForked(t *testing.T) {
	t.Parallel()
	signed := audittest.New(t, 5)
	rewritten := before(signed, 5)
	rewritten.Stored[2].Leaf = rewritten.Stored[1].Leaf
	rewritten.Add(t, audittest.Sample(5)) // hashes everything again
	for name, l := range map[string]*audittest.Log{"rolled back": before(signed, 3), "rewritten": rewritten} {
		for _, changed := range []string{"", "begun", "finished"} {
			t.Run(name+" "+changed, func(t *testing.T) {
				t.Parallel()
				k := newKeeper(t)
				path, key := keyAt(t)
				k.keeps(t, signed, key)
				if changed != "" {
					begin(t, path, audittest.Day(1))
				}
				if changed == "finished" {
					finish(t, path, audittest.Day(1).Add(checkpoint.ChangeTime))
				}
				p, _ := k.publisher(t, path, l)
				if err := p.Proved(); !errors.Is(err, checkpoint.ErrNotProved) {
					t.Errorf("before it was compared: %v", err)
				}
				if err := p.Compare(t.Context()); !errors.Is(err, checkpoint.ErrForked) {
					t.Errorf("compared: %v", err)
				}
				if err := p.Proved(); !errors.Is(err, checkpoint.ErrForked) {
					t.Errorf("may be shown: %v", err)
				}
				if _, err := p.Publish(t.Context()); !errors.Is(err, checkpoint.ErrForked) || len(k.kept()) != 1 {
					t.Errorf("published: %v", err)
				}
				if _, err := p.SignedNow(t.Context()); !errors.Is(err, checkpoint.ErrForked) {
					t.Errorf("signed for who asks: %v", err)
				}
			})
		}
	}
}

func TestAKeySignsNoSecondLogForAnHTTPSink(t *testing.T) {
	t.Parallel()
	k := newKeeper(t)
	path, _ := keyAt(t)
	log := audittest.New(t, 3)
	copied := &audittest.Log{Stored: slices.Clone(log.Stored)}
	one, _ := k.publisher(t, path, log)
	other, _ := k.publisher(t, path, copied)
	publish := func(p *checkpoint.Publisher, want error) {
		t.Helper()
		if _, err := p.Publish(t.Context()); !errors.Is(err, want) {
			t.Errorf("%v instead of %v", err, want)
		}
	}
	publish(one, nil)
	publish(other, nil)
	log.Add(t, audittest.Sample(3))
	publish(one, nil)
	copied.Add(t, audittest.Sample(9))
	if _, err := other.SignedNow(t.Context()); !errors.Is(err, checkpoint.ErrForked) {
		t.Errorf("the copy is signed for who asks: %v", err)
	}
	publish(other, checkpoint.ErrForked)
	log.Add(t, audittest.Sample(4))
	publish(one, nil)
}

func TestWhatTheHTTPSinkHoldsOfOthersIsToldOnce(t *testing.T) {
	t.Parallel()
	stranger, _ := newKey(t)
	for name, c := range map[string]struct {
		get  http.HandlerFunc
		by   *checkpoint.Key
		says string
	}{
		"nothing yet (204)":           {},
		"notes of another key":        {by: &stranger, says: "not signed with a key of this log"},
		"nothing though it took some": {get: answer(http.StatusNotFound, ""), says: "though it took some"},
		"not for reading (405)":       {get: answer(http.StatusMethodNotAllowed, ""), says: "can only be written to"},
		"not for reading (501)":       {get: answer(http.StatusNotImplemented, ""), says: "can only be written to"},
		"several notes of the log":    {get: nil, says: ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k, l := newKeeper(t), audittest.New(t, 3)
			k.answering(c.get)
			path, key := keyAt(t)
			if c.by != nil {
				k.keeps(t, audittest.New(t, 9), *c.by)
				k.keeps(t, audittest.New(t, 9), *c.by)
			}
			if strings.HasPrefix(name, "several") {
				for size := range 3 {
					k.keeps(t, before(l, size+1), key)
				}
				k.answering(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, strings.Join(k.notes, "")) })
			}
			had := len(k.kept())
			p, said := k.publisher(t, path, l)
			if err := p.Compare(t.Context()); err != nil || p.Proved() != nil {
				t.Errorf("%v, %v", err, p.Proved())
			}
			for i := range 2 {
				if _, err := p.Publish(t.Context()); err != nil {
					t.Error(err)
				}
				l.Add(t, audittest.Sample(3+i))
			}
			if n := len(k.kept()) - had; n != 2 {
				t.Errorf("%d notes were published", n)
			}
			warned := strings.Count(said.String(), "level=WARN")
			if c.says == "" && warned != 0 || c.says != "" && (warned != 1 || !strings.Contains(said.String(), c.says)) {
				t.Errorf("the operator is told: %s", said.String())
			}
		})
	}
}

func answer(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// TestNothingIsSignedWhileTheHTTPSinkCannotBeReadBack has every answer by which a sink, or
// somebody between, could hide what it keeps.
func TestNothingIsSignedWhileTheHTTPSinkCannotBeReadBack(t *testing.T) {
	t.Parallel()
	own := audittest.New(t, 5)
	for name, get := range map[string]func(note string) http.HandlerFunc{
		"it is down":         func(string) http.HandlerFunc { return answer(http.StatusServiceUnavailable, "") },
		"the token is wrong": func(string) http.HandlerFunc { return answer(http.StatusForbidden, "") },
		"a redirect": func(string) http.HandlerFunc {
			return func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/secret-word", http.StatusFound) }
		},
		"a page":            func(string) http.HandlerFunc { return answer(http.StatusOK, "<html>\n<p>Sign in</p>\n</html>\n") },
		"an empty answer":   func(string) http.HandlerFunc { return answer(http.StatusOK, "") },
		"a note cut short":  func(note string) http.HandlerFunc { return answer(http.StatusOK, note[:30]) },
		"a note and a rest": func(note string) http.HandlerFunc { return answer(http.StatusOK, note+"secret-word") },
		"another success":   func(note string) http.HandlerFunc { return answer(http.StatusPartialContent, note) },
		"one endless line":  func(string) http.HandlerFunc { return answer(http.StatusOK, strings.Repeat("x", 1<<20)) },
		"notes without end": func(note string) http.HandlerFunc { return answer(http.StatusOK, strings.Repeat(note, 4096)) },
		"a connection ended": func(string) http.HandlerFunc {
			return func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }
		},
		"a small answer that unpacks to a huge one": func(string) http.HandlerFunc {
			return func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Encoding", "gzip")
				z := gzip.NewWriter(w)
				_, _ = z.Write(make([]byte, 8<<20))
				_ = z.Close()
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := newKeeper(t)
			path, key := keyAt(t)
			k.keeps(t, own, key)
			k.answering(get(k.kept()[0]))
			p, said := k.publisher(t, path, before(own, 5))
			err := p.Compare(t.Context())
			if !errors.Is(err, checkpoint.ErrNotReadBack) || strings.Contains(err.Error()+said.String(), "secret-word") || strings.Contains(err.Error(), k.address) {
				t.Errorf("compared: %v", err)
			}
			if _, err := p.Publish(t.Context()); !errors.Is(err, checkpoint.ErrNotReadBack) || len(k.kept()) != 1 {
				t.Errorf("published: %v", err)
			}
			if _, err := p.SignedNow(t.Context()); !errors.Is(err, checkpoint.ErrNotReadBack) {
				t.Errorf("signed for who asks: %v", err)
			}
			if err := p.Proved(); !errors.Is(err, checkpoint.ErrNotProved) {
				t.Errorf("may be shown: %v", err)
			}
			k.answering(nil)
			if _, err := p.Publish(t.Context()); err != nil || p.Proved() != nil {
				t.Errorf("once it can be read: %v, %v", err, p.Proved())
			}
			k.answering(answer(http.StatusServiceUnavailable, ""))
			if _, err := p.Publish(t.Context()); err == nil || p.Proved() != nil {
				t.Errorf("one that was proved and cannot be read later: %v, %v", err, p.Proved())
			}
		})
	}
	t.Run("it is slow", func(t *testing.T) {
		t.Parallel()
		k := newKeeper(t)
		k.answering(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
		sink, err := checkpoint.NewHTTPSink(k.address, keys.NewSecret("a-token"), newClientFor(t, k.client.Transport, 50*time.Millisecond))
		if err != nil {
			t.Fatal(err)
		}
		_, by := newKey(t)
		if _, err := sink.Checkpoints(t.Context(), by); !errors.Is(err, checkpoint.ErrNotReadBack) {
			t.Errorf("%v", err)
		}
	})
}

// A start while the sink is away waits for seconds and not for the next interval.
func TestALogThatIsNotProvedIsComparedAgainSoon(t *testing.T) {
	t.Parallel()
	key, _ := newKey(t)
	synctest.Test(t, func(t *testing.T) {
		var down atomic.Bool
		var count atomic.Int32
		down.Store(true)
		p, err := checkpoint.New(checkpoint.Deps{
			Log: audittest.New(t, 3), Signers: key.Signers, Now: time.Now, Logger: slog.New(slog.DiscardHandler),
			Sink: sinkFunc(func(context.Context, []byte) error { return nil }),
			ReadBack: func(context.Context) ([]audit.Checkpoint, error) {
				count.Add(1)
				if down.Load() {
					return nil, checkpoint.ErrNotReadBack
				}
				return nil, nil
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		ctx, end := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			p.Run(ctx, time.Hour)
		}()
		time.Sleep(time.Minute) // of the bubble's clock
		if n := count.Load(); n < 12 || p.Proved() == nil {
			t.Errorf("%d tries in a minute, %v", n, p.Proved())
		}
		down.Store(false)
		time.Sleep(6 * time.Second)
		if err := p.Proved(); err != nil {
			t.Errorf("once the sink is back: %v", err)
		}
		until := count.Load()
		time.Sleep(30 * time.Minute)
		if count.Load() != until {
			t.Error("it goes on as if it were not proved")
		}
		end()
		<-done
	})
}
