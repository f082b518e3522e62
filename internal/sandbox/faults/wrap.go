package faults

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/sandbox/recording"
)

// Route is one operation of one upstream, as faults see it.
type Route struct {
	Upstream  Upstream
	Operation string
	// Who names the citizen of a request before it is handled; empty when
	// the citizen is not known yet. Nil: the operation belongs to no citizen.
	Who func(*http.Request) string
	// Refuse writes the upstream's own form of an answer of that status.
	Refuse func(http.ResponseWriter, *http.Request, int)
}

// Wrap applies the ordered faults to h. Delays use a real timer, never the
// sandbox's clock, and end with the request's context.
func (s *Set) Wrap(route Route, h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		citizen := ""
		if route.Who != nil {
			citizen = route.Who(r)
		}
		struck := s.pick(route.Upstream, route.Operation, citizen)
		if len(struck) == 0 {
			h.ServeHTTP(w, r)
			return
		}
		note := recording.From(r.Context())
		for _, f := range struck {
			note.Fault(string(f.Kind))
		}
		if !s.wait(r.Context(), struck) {
			panic(http.ErrAbortHandler) // a plain return would answer 200 to a client that still listens
		}
		if answerInstead(w, r, route, struck) {
			return
		}
		r = r.WithContext(context.WithValue(r.Context(), contextKey{}, struck))
		if !spoils(struck) {
			h.ServeHTTP(w, r)
			return
		}
		held := &held{header: http.Header{}, status: http.StatusOK}
		h.ServeHTTP(held, r)
		held.deliver(w, r, struck)
	})
}

// wait spends the ordered delays; false when the client or the sandbox went first.
func (s *Set) wait(ctx context.Context, struck []Fault) bool {
	var total time.Duration
	for _, f := range struck {
		switch f.Kind {
		case Delay:
			d := f.Delay
			if d == 0 && f.Jitter == 0 {
				d = time.Second
			}
			total += d + s.jitter(f.Jitter)
		case Hang:
			<-ctx.Done()
			return false
		}
	}
	return total == 0 || pause(ctx, total)
}

func (s *Set) jitter(most time.Duration) time.Duration {
	if most <= 0 {
		return 0
	}
	s.mu.Lock()
	s.next++ // a fresh roll each time, and order numbers may have gaps
	n := s.next
	s.mu.Unlock()
	const steps = 1000
	return most * time.Duration(s.roll(n, 0, steps)) / steps
}

func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// answerInstead returns the answer of the first fault that replaces the upstream.
func answerInstead(w http.ResponseWriter, r *http.Request, route Route, struck []Fault) bool {
	for _, f := range struck {
		switch f.Kind {
		case Status:
			retryAfter(w, f)
			route.Refuse(w, r, orElse(f.Status, http.StatusServiceUnavailable))
		case Throttled:
			retryAfter(w, f)
			route.Refuse(w, r, http.StatusTooManyRequests)
		case HTML502:
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(http.StatusBadGateway)
			_, _ = w.Write([]byte("<html>\n<head><title>502 Bad Gateway</title></head>\n<body>\n<h1>502 Bad Gateway</h1>\n<p>SANDBOX, not the NHS</p>\n</body>\n</html>\n"))
		case Cut:
			panic(http.ErrAbortHandler) // this is how net/http ends a connection without an answer
		case Empty:
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusOK)
		case OtherResource:
			w.Header().Set("Content-Type", "application/fhir+json")
			w.WriteHeader(http.StatusOK)
			_, _ = w.Write([]byte(`{"resourceType":"Basic","id":"sandbox","code":{"text":"not what you asked for"}}` + "\n"))
		case Oversized:
			oversized(w)
		default:
			continue
		}
		return true
	}
	return false
}

func retryAfter(w http.ResponseWriter, f Fault) {
	if f.RetryAfter > 0 {
		seconds := int((f.RetryAfter + time.Second - 1) / time.Second)
		w.Header().Set("Retry-After", strconv.Itoa(seconds))
	}
}

func orElse(v, fallback int) int {
	if v == 0 {
		return fallback
	}
	return v
}
