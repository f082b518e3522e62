package faults

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// ErrInvalid says that a fault cannot be ordered as it is written.
var ErrInvalid = errors.New("invalid fault")

// Fault is one order. Kind is required; every other zero value means "all",
// "always" or the named default.
type Fault struct {
	Kind      Kind
	Upstream  Upstream // empty: every upstream that the kind can affect
	Operation string   // such as "token", "ServiceRequest"; empty: every operation
	Citizen   string   // name in the catalogue; empty: everybody

	Status     int           // of kind status; 503 by default
	Delay      time.Duration // of kind delay (1 s by default) and of kind drip, between bytes (100 ms by default)
	Jitter     time.Duration // of kind delay: up to so much more
	RetryAfter time.Duration // of kinds throttled and status; 0 omits the header
	Skew       time.Duration // of kind clock-skew; negative is behind

	Percent int // share of the requests, 1 to 99; 0 and 100 are all of them
	Count   int // the next so many requests; 0 until cancelled
}

// Validate returns every reason why a fault cannot be ordered; they wrap [ErrInvalid].
func (f Fault) Validate() error {
	var all []error
	if !known(Kinds(), f.Kind) {
		all = append(all, fmt.Errorf("%w: unknown kind %q", ErrInvalid, f.Kind))
	}
	if f.Upstream != "" && !known(Upstreams(), f.Upstream) {
		all = append(all, fmt.Errorf("%w: unknown upstream %q", ErrInvalid, f.Upstream))
	}
	if f.Status != 0 && (f.Status < 200 || f.Status > 599) {
		all = append(all, fmt.Errorf("%w: status %d is not between 200 and 599", ErrInvalid, f.Status))
	}
	if f.Percent < 0 || f.Percent > 100 {
		all = append(all, fmt.Errorf("%w: percent %d is not between 0 and 100", ErrInvalid, f.Percent))
	}
	if f.Count < 0 || f.Delay < 0 || f.Jitter < 0 || f.RetryAfter < 0 {
		all = append(all, fmt.Errorf("%w: count, delay, jitter and retryAfter are not negative", ErrInvalid))
	}
	if f.Kind == ClockSkew && f.Skew == 0 {
		all = append(all, fmt.Errorf("%w: clock-skew needs a skew", ErrInvalid))
	}
	if f.Kind == WithdrawnKey && (f.Count != 0 || f.Percent != 0 || f.Citizen != "") {
		all = append(all, fmt.Errorf("%w: withdrawn-key is a state of NHS login, without count, percent or citizen", ErrInvalid))
	}
	return errors.Join(all...)
}

// wire is a Fault as JSON: durations are Go's texts, such as "1.5s".
type wire struct {
	Kind       Kind     `json:"kind"`
	Upstream   Upstream `json:"upstream,omitempty"`
	Operation  string   `json:"operation,omitempty"`
	Citizen    string   `json:"citizen,omitempty"`
	Status     int      `json:"status,omitempty"`
	Delay      string   `json:"delay,omitempty"`
	Jitter     string   `json:"jitter,omitempty"`
	RetryAfter string   `json:"retryAfter,omitempty"`
	Skew       string   `json:"skew,omitempty"`
	Percent    int      `json:"percent,omitempty"`
	Count      int      `json:"count,omitempty"`
}

// MarshalJSON implements json.Marshaler.
func (f Fault) MarshalJSON() ([]byte, error) {
	return json.Marshal(wire{
		Kind: f.Kind, Upstream: f.Upstream, Operation: f.Operation, Citizen: f.Citizen, Status: f.Status,
		Delay: text(f.Delay), Jitter: text(f.Jitter), RetryAfter: text(f.RetryAfter), Skew: text(f.Skew),
		Percent: f.Percent, Count: f.Count,
	})
}

// UnmarshalJSON implements json.Unmarshaler.
func (f *Fault) UnmarshalJSON(b []byte) error {
	var w wire
	if err := json.Unmarshal(b, &w); err != nil {
		return fmt.Errorf("read fault: %w", err)
	}
	out := Fault{
		Kind: w.Kind, Upstream: w.Upstream, Operation: w.Operation, Citizen: w.Citizen, Status: w.Status,
		Percent: w.Percent, Count: w.Count,
	}
	for _, d := range []struct {
		name, text string
		into       *time.Duration
	}{{"delay", w.Delay, &out.Delay}, {"jitter", w.Jitter, &out.Jitter}, {"retryAfter", w.RetryAfter, &out.RetryAfter}, {"skew", w.Skew, &out.Skew}} {
		if d.text == "" {
			continue
		}
		v, err := time.ParseDuration(d.text)
		if err != nil {
			return fmt.Errorf("%w: %s: %w", ErrInvalid, d.name, err)
		}
		*d.into = v
	}
	*f = out
	return nil
}

func text(d time.Duration) string {
	if d == 0 {
		return ""
	}
	return d.String()
}
