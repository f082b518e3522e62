package audit

import (
	"context"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/client"
)

// Count is how many entries of one sort a day brought.
type Count struct {
	Day     string // UTC, YYYY-MM-DD
	Kind    Kind
	Outcome Outcome
	Client  client.ID // empty: no client took part
	Entries int64
}

// Statistician counts entries that still have their body.
type Statistician interface {
	// Count returns the counts of since up to, but not including, until, ordered by
	// day, kind, outcome and client. None: nil.
	Count(ctx context.Context, since, until time.Time) ([]Count, error)
}
