package release_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/history"
	"github.com/patient-care-aggregator/aggregator/internal/release"
)

// looks has each reading add something to the history, and renders how much was
// observed.
func looks(t *testing.T) (w *world, rendered *[]int, render func(release.Reading) (release.Content, error)) {
	t.Helper()
	w, rendered = newWorld(t), new([]int)
	w.adds = []*history.Change{{}, {}, {}}
	return w, rendered, func(r release.Reading) (release.Content, error) {
		*rendered = append(*rendered, len(r.Observed))
		return whole(r)
	}
}

// last is the kind of the last entry.
func (w *world) last() audit.Kind { return w.entries[len(w.entries)-1].Kind }

func TestWhatIsObservedIsStoredWithItsEntry(t *testing.T) {
	t.Parallel()
	w, _, render := looks(t)
	w.before = func() {
		if len(w.stored) > 0 {
			t.Error("it was stored before the entry was judged")
		}
	}
	r, err := w.Show(t.Context(), w.ask(), render)
	if _, ok := r.Content(); err != nil || !ok || w.last() != audit.DataReleased {
		t.Fatalf("%v, log %v", err, w.kinds())
	}
	if len(w.stored) != 1 || w.stored[0] != w.adds[0] {
		t.Errorf("%d observations are stored", len(w.stored))
	}
}

func TestAnAnswerThatIsKnownIsObservedToo(t *testing.T) {
	t.Parallel()
	w, _, render := looks(t)
	r, err := w.Show(t.Context(), w.ask(func(q *release.Request) { q.Known = func(string) bool { return true } }), render)
	if err != nil || !r.Unchanged() || w.last() != audit.DataNotModified || len(w.stored) != 1 {
		t.Errorf("%v, log %v, %d observations are stored", err, w.kinds(), len(w.stored))
	}
}

func TestAGuardErrorMakesWordsAndObservationAgain(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*world){
		"a consent that is renewed":             func(w *world) { w.newest++ },
		"a history that another device changed": func(w *world) { w.overtaken = w.adds[:1] },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, rendered, render := looks(t)
			w.before = once(func() { change(w) })
			r, err := w.Show(t.Context(), w.ask(), render)
			if _, ok := r.Content(); err != nil || !ok {
				t.Fatal(err)
			}
			if !slices.Equal(*rendered, []int{1, 2}) || len(w.stored) != 1 || w.stored[0] != w.adds[1] {
				t.Errorf("observed when rendered %v, %d observations are stored", *rendered, len(w.stored))
			}
			if want := []audit.Kind{audit.UpstreamAsked, audit.UpstreamAsked, audit.DataReleased}; !slices.Equal(w.kinds(), want) {
				t.Errorf("the log has %v", w.kinds())
			}
		})
	}
}

// Another device may have seen the same already: then nothing is left to store.
func TestAReadingThatAddsNothingAnyMoreIsStillShown(t *testing.T) {
	t.Parallel()
	w, rendered, render := looks(t)
	w.adds = w.adds[:1]
	w.overtaken = w.adds
	r, err := w.Show(t.Context(), w.ask(), render)
	if _, ok := r.Content(); err != nil || !ok || len(*rendered) != 2 || len(w.stored) != 0 || w.last() != audit.DataReleased {
		t.Errorf("%v, log %v, rendered %v, %d observations are stored", err, w.kinds(), *rendered, len(w.stored))
	}
}

func TestAHistoryThatChangesAgainAndAgainCostsNoAnswer(t *testing.T) {
	t.Parallel()
	w, rendered, render := looks(t)
	w.overtaken = w.adds
	r, err := w.Show(t.Context(), w.ask(), render)
	if _, ok := r.Content(); err != nil || !ok {
		t.Fatal(err)
	}
	if !slices.Equal(*rendered, []int{1, 2, 0}) || len(w.stored) != 0 || w.last() != audit.DataReleased {
		t.Errorf("observed when rendered %v, %d observations are stored, log %v", *rendered, len(w.stored), w.kinds())
	}

	w, _, render = looks(t)
	w.overtaken = w.adds
	w.before = func() {
		if w.observed == 2 {
			w.withdraw()
		}
	}
	r, err = w.Show(t.Context(), w.ask(), render)
	var need *release.ConsentRequired
	if !errors.As(err, &need) || len(w.stored) != 0 {
		t.Errorf("%v, %d observations are stored", err, len(w.stored))
	}
	nothing(t, r)
}

// The citizen goes on showing the timeline and withdraws the history.
func TestAHistoryThatIsWithdrawnBetweenDecisionAndEntryIsNotStored(t *testing.T) {
	t.Parallel()
	w, rendered, render := looks(t)
	w.before = once(func() { w.newest++; w.adds = w.adds[:1] })
	r, err := w.Show(t.Context(), w.ask(), render)
	if _, ok := r.Content(); err != nil || !ok || w.last() != audit.DataReleased {
		t.Errorf("%v, log %v", err, w.kinds())
	}
	if len(*rendered) != 2 || len(w.stored) != 0 {
		t.Errorf("rendered %d times, %d observations are stored", len(*rendered), len(w.stored))
	}
}

func TestWhatIsNotShownIsNotObserved(t *testing.T) {
	t.Parallel()
	disk := errors.New("the disk is gone")
	for name, c := range map[string]struct {
		spoil  func(*world, context.CancelFunc)
		render func(release.Reading) (release.Content, error)
		want   func(error) bool
	}{
		"the consent is withdrawn between decision and entry": {
			spoil: func(w *world, _ context.CancelFunc) { w.before = once(w.withdraw) },
			want: func(err error) bool {
				var need *release.ConsentRequired
				return errors.As(err, &need)
			},
		},
		"the session has ended": {
			spoil: func(w *world, _ context.CancelFunc) { w.session = "" },
			want:  func(err error) bool { return errors.Is(err, release.ErrSessionEnded) },
		},
		"the log cannot be written": {
			spoil: func(w *world, _ context.CancelFunc) { w.logFails = disk },
			want:  func(err error) bool { return errors.Is(err, disk) && errors.Is(err, release.ErrNotLogged) },
		},
		"the client has left": {
			spoil: func(w *world, leave context.CancelFunc) { w.before = once(leave) },
			want:  func(err error) bool { return errors.Is(err, context.Canceled) },
		},
		"what is asked for is not there": {
			render: func(release.Reading) (release.Content, error) { return release.Content{}, release.ErrNotFound },
			want:   func(err error) bool { return errors.Is(err, release.ErrNotFound) },
		},
		"the answer has the NHS number in it": {
			render: func(release.Reading) (release.Content, error) {
				return release.Content{Body: []byte("999 000 0018")}, nil
			},
			want: func(err error) bool { return errors.Is(err, release.ErrHoldsNumber) },
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, _, render := looks(t)
			if c.render != nil {
				render = c.render
			}
			ctx, leave := context.WithCancel(t.Context())
			defer leave()
			if c.spoil != nil {
				c.spoil(w, leave)
			}
			r, err := w.Show(ctx, w.ask(), render)
			if !c.want(err) {
				t.Errorf("error %v", err)
			}
			nothing(t, r)
			if len(w.stored) != 0 || slices.Contains(w.kinds(), audit.DataReleased) {
				t.Errorf("%d observations are stored, log %v", len(w.stored), w.kinds())
			}
		})
	}
}
