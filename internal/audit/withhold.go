package audit

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// ErrNotWithheld says that an entry cannot be withheld: there is no entry of that number,
// it is in no citizen's list, what opens it was removed, or it is withheld for as long.
var ErrNotWithheld = errors.New("no entry of a citizen that could be withheld")

// Withholding keeps what an entry says from the citizen it is about, on a lawful ground
// and for a time (UK GDPR, Article 23; Data Protection Act 2018, section 15 and
// schedules 2 to 4). The citizen still sees that there is an entry, so their list has no
// gap. Auditors see everything.
type Withholding struct {
	Seq   int64
	Until time.Time // at this time it has ended by itself
}

// String is what entries say of it.
func (w Withholding) String() string {
	return fmt.Sprintf("entry %d until %s", w.Seq, w.Until.UTC().Format(time.RFC3339))
}

// Withholder keeps withholdings.
type Withholder interface {
	// Withhold withholds an entry, the entry e about that, which is put in the same list,
	// and earlier ones about the same; all or none. Errors: ErrNotWithheld.
	Withhold(ctx context.Context, w Withholding, e Entry) error
	// Withheld are the entries that are withheld at a time, by their sequence numbers.
	Withheld(ctx context.Context, at time.Time) (map[int64]time.Time, error)
}

// CheckWithheld reports, as a *[Fault], an entry that is withheld although no entry says so.
func CheckWithheld(ctx context.Context, log interface {
	Finder
	Withholder
}, at time.Time,
) error {
	withheld, err := log.Withheld(ctx, at)
	if err != nil || len(withheld) == 0 {
		return err
	}
	for after := Cursor(0); ; {
		const page = 500
		found, err := log.Find(ctx, Filter{Kinds: []Kind{Withheld}}, after, page)
		if err != nil {
			return err
		}
		for _, r := range found {
			delete(withheld, r.Seq)
			e, err := r.Entry()
			if err != nil {
				return err
			}
			for seq, until := range withheld {
				if e.Reason == (Withholding{seq, until}).String() {
					delete(withheld, seq)
				}
			}
			after = After(r)
		}
		if len(found) < page {
			break
		}
	}
	for seq := range withheld {
		found, err := log.Find(ctx, Filter{Seq: &seq}, 0, 1)
		if err != nil {
			return err
		}
		if len(found) == 1 && found[0].Opening == nil { // nothing is left to be kept from anybody
			continue
		}
		return FaultAt(Relabelled, seq, "it is kept from its citizen, and no entry says so")
	}
	return nil
}
