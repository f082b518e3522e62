package faults

import (
	"context"
	"time"
)

type contextKey struct{}

// Has reports whether a fault of this kind is active for this request.
func Has(ctx context.Context, kind Kind) bool {
	for _, f := range activeFaults(ctx) {
		if f.Kind == kind {
			return true
		}
	}
	return false
}

// Now is the upstream's time for this request: now, plus the ordered clock skew.
func Now(ctx context.Context, now func() time.Time) time.Time {
	t := now()
	for _, f := range activeFaults(ctx) {
		if f.Kind == ClockSkew {
			t = t.Add(f.Skew)
		}
	}
	return t
}

func activeFaults(ctx context.Context) []Fault {
	fs, _ := ctx.Value(contextKey{}).([]Fault)
	return fs
}
