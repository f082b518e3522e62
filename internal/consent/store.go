package consent

import (
	"context"
	"errors"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/citizen"
)

// ErrConflict says that another act changed the same citizen's consents in the
// meantime. The caller reads them and decides again.
var ErrConflict = errors.New("the citizen's consents changed in the meantime")

// Store keeps consent events.
type Store interface {
	// Events returns all of a citizen's events in the order of their Seq; nil when
	// there are none.
	Events(ctx context.Context, ref citizen.Ref) ([]Event, error)
	// Record appends an event and its log entry, both or neither, durably. Its Seq
	// MUST be expectedLast + 1; when the citizen's last event is not expectedLast
	// (0: no event), nothing is written and ErrConflict is returned.
	Record(ctx context.Context, expectedLast int64, e Event, a audit.Entry) error
}
