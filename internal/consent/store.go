package consent

import (
	"context"
	"errors"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/citizen"
)

// ErrConflict says that another act on the same citizen's consents came between.
// The caller reads again and decides anew.
var ErrConflict = errors.New("consents changed meanwhile")

// Store keeps consent events.
type Store interface {
	// Events gives all of a citizen's events in the order of their Seq; none: nil.
	Events(ctx context.Context, ref citizen.Ref) ([]Event, error)
	// Record appends an event and its log entry, both or neither, durably. Its Seq
	// MUST be expectedLast + 1; when the citizen's last event is not expectedLast
	// (0: there is none), nothing is written and ErrConflict comes back.
	Record(ctx context.Context, expectedLast int64, e Event, a audit.Entry) error
}
