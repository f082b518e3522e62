package projection_test

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/panics"
	"github.com/patient-care-aggregator/aggregator/internal/projection"
)

func newProjection(t *testing.T, limit int, load func(context.Context, string) (int64, error)) *projection.Projection[string, int64] {
	t.Helper()
	p, err := projection.New(projection.Options[string, int64]{Name: "numbers", Limit: limit, Load: load})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func get(t *testing.T, p *projection.Projection[string, int64], key string) int64 {
	t.Helper()
	v, err := p.Get(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestWhatIsKnownIsNotReadAgain(t *testing.T) {
	var reads atomic.Int64
	p := newProjection(t, 2, func(context.Context, string) (int64, error) { return reads.Add(1), nil })
	if a, b := get(t, p, "a"), get(t, p, "a"); a != 1 || b != 1 {
		t.Errorf("%d, %d", a, b)
	}
	t.Run("until it is forgotten", func(t *testing.T) {
		p.Forget("a")
		if v := get(t, p, "a"); v != 2 {
			t.Errorf("%d", v)
		}
		p.ForgetAll()
		if v := get(t, p, "a"); v != 3 {
			t.Errorf("%d", v)
		}
		p.ForgetWhere(func(key string, v int64) bool { return key == "a" && v == 3 })
		if v := get(t, p, "a"); v != 4 {
			t.Errorf("%d", v)
		}
	})
	t.Run("and a change is taken in", func(t *testing.T) {
		p.Update("a", func(v int64) (int64, bool) { return v + 100, true })
		if v := get(t, p, "a"); v != 104 {
			t.Errorf("%d", v)
		}
		p.Update("a", func(int64) (int64, bool) { return 0, false })
		if v := get(t, p, "a"); v != 5 {
			t.Errorf("%d", v)
		}
		p.Update("unknown", func(int64) (int64, bool) { t.Error("changed what is not kept"); return 0, true })
		p.Put("a", 7)
		if v := get(t, p, "a"); v != 7 {
			t.Errorf("%d", v)
		}
	})
	t.Run("and the least recently used goes first", func(t *testing.T) {
		p.ForgetAll()
		p.Put("a", 1)
		p.Put("b", 2)
		get(t, p, "a")
		p.Put("c", 3)
		if p.Len() != 2 || get(t, p, "a") != 1 {
			t.Errorf("%d are kept", p.Len())
		}
	})
}

func TestErrorsAreNotKept(t *testing.T) {
	down := errors.New("down")
	fails := true
	p := newProjection(t, 2, func(context.Context, string) (int64, error) {
		if fails {
			return 0, down
		}
		return 1, nil
	})
	if _, err := p.Get(t.Context(), "a"); !errors.Is(err, down) {
		t.Errorf("got %v", err)
	}
	fails = false
	if v := get(t, p, "a"); v != 1 {
		t.Errorf("%d", v)
	}
}

func TestAPanicInALoadIsThatLoadsErrorOnly(t *testing.T) {
	faulty := true
	var reports []*panics.Error
	p, err := projection.New(projection.Options[string, int64]{
		Name: "numbers", Limit: 2,
		Load: func(context.Context, string) (int64, error) {
			if faulty {
				panic("fault in a load")
			}
			return 1, nil
		},
		Panics: func(_ context.Context, e *panics.Error) { reports = append(reports, e) },
	})
	if err != nil {
		t.Fatal(err)
	}
	var contained *panics.Error
	if _, err := p.Get(t.Context(), "a"); !errors.As(err, &contained) || len(reports) != 1 {
		t.Errorf("%v, reported %v", err, reports)
	}
	faulty = false
	if v := get(t, p, "a"); v != 1 {
		t.Errorf("%d", v)
	}
}

func TestAnOvertakenLoadIsReadAgainForThoseWhoWait(t *testing.T) {
	for name, change := range map[string]func(*projection.Projection[string, int64]){
		"put": func(p *projection.Projection[string, int64]) { p.Put("a", 2) },
		"update": func(p *projection.Projection[string, int64]) {
			p.Update("a", func(int64) (int64, bool) { return 2, true })
		},
		"forget":     func(p *projection.Projection[string, int64]) { p.Forget("a") },
		"forget all": func(p *projection.Projection[string, int64]) { p.ForgetAll() },
	} {
		synctest.Test(t, func(t *testing.T) {
			var stored atomic.Int64
			stored.Store(1)
			first := make(chan struct{})
			var began atomic.Bool
			p := newProjection(t, 2, func(context.Context, string) (int64, error) {
				v := stored.Load()
				if began.CompareAndSwap(false, true) {
					<-first
				}
				return v, nil
			})
			var all sync.WaitGroup
			for range 5 {
				all.Go(func() {
					if v := get(t, p, "a"); v != 2 {
						t.Errorf("%s: a caller got %d, from before the change", name, v)
					}
				})
			}
			synctest.Wait()
			stored.Store(2)
			change(p)
			if v := get(t, p, "a"); v != 2 {
				t.Errorf("%s: after the change a caller got %d", name, v)
			}
			close(first)
			all.Wait()
			if v := get(t, p, "a"); v != 2 {
				t.Errorf("%s: the overtaken load was kept: %d", name, v)
			}
		})
	}
}

func TestACallerThatLeavesCostsNobodyElseTheLoad(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var reads atomic.Int64
		p := newProjection(t, 2, func(ctx context.Context, _ string) (int64, error) {
			time.Sleep(time.Second) // the bubble's clock
			return reads.Add(1), ctx.Err()
		})
		ctx, leave := context.WithCancel(t.Context())
		left := make(chan error)
		go func() { _, err := p.Get(ctx, "a"); left <- err }()
		synctest.Wait()
		var other sync.WaitGroup
		other.Go(func() {
			if v := get(t, p, "a"); v != 1 {
				t.Errorf("%d", v)
			}
		})
		leave()
		if err := <-left; !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		other.Wait()
	})
}

// The store counts up; no caller may see a value from before a change that had
// returned when they asked.
func TestNobodySeesTheStateBeforeAChange(t *testing.T) {
	const keys, rounds = 3, 300
	var stored [keys]atomic.Int64
	p := newProjection(t, 2, func(_ context.Context, key string) (int64, error) {
		i, err := strconv.Atoi(key)
		return stored[i].Load(), err
	})
	var changed [keys]atomic.Int64 // what Update or Forget has returned for
	var all sync.WaitGroup
	for i := range keys {
		key := strconv.Itoa(i)
		all.Go(func() {
			for n := int64(1); n <= rounds; n++ {
				stored[i].Store(n)
				switch n % 3 {
				case 0:
					p.Update(key, func(int64) (int64, bool) { return n, true })
				case 1:
					p.Forget(key)
				default:
					p.Put(key, n)
				}
				changed[i].Store(n)
			}
		})
		for range 4 {
			all.Go(func() {
				for range rounds {
					least := changed[i].Load()
					if v, err := p.Get(t.Context(), key); err != nil || v < least {
						t.Errorf("got %d, %v after %d", v, err, least)
						return
					}
				}
			})
		}
	}
	all.Wait()
	if p.Len() > 2 {
		t.Errorf("%d are kept", p.Len())
	}
}
