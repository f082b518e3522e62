package audit

import (
	"context"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/citizen"
)

// Erasure says that somebody was erased: by the pseudonym that no longer leads to them.
type Erasure struct {
	Seq     int64 // of the entry about it
	Citizen citizen.Ref
	At      time.Time
	// Openings says that what opened the entries of their list went too.
	Openings bool
}

// Erasures reads the erasures of a log.
type Erasures interface {
	// Erasures returns those whose entries have a sequence number of at least from, in turn.
	Erasures(ctx context.Context, from int64) ([]Erasure, error)
}
