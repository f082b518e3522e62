package audit

import (
	"context"
	"errors"
	"time"
)

// ErrNotWithheld says that an entry cannot be withheld: there is none of that number, it
// is in no citizen's list, or what opens it was removed.
var ErrNotWithheld = errors.New("no entry of a citizen that could be withheld")

// Withholding keeps what an entry says from the citizen it is about, on a lawful ground
// and for a time (UK GDPR, Article 23; Data Protection Act 2018, section 15 and
// schedules 2 to 4). The citizen still sees that there is an entry, so their list has no
// gap. Auditors see everything.
type Withholding struct {
	Seq   int64
	Until time.Time // at this time it has ended by itself
}

// Withholder keeps withholdings.
type Withholder interface {
	// Withhold withholds an entry, and the entry e about that, which is put in the same
	// list; both or neither. Errors: ErrNotWithheld.
	Withhold(ctx context.Context, w Withholding, e Entry) error
	// Withheld are the entries that are withheld at a time, by their sequence numbers.
	Withheld(ctx context.Context, at time.Time) (map[int64]time.Time, error)
}
