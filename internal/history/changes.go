package history

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/client"
	"github.com/patient-care-aggregator/aggregator/internal/referral"
)

// ErrNotAllowed says that no consent lets this client have the history. The
// caller asks the citizen for consent (consent_required).
var ErrNotAllowed = errors.New("no consent to the history")

// ErrBadCursor says that a text is not a cursor of this package. The caller
// answers bad_request.
var ErrBadCursor = errors.New("not a cursor")

// Query says which changes are wanted.
type Query struct {
	Since time.Time // only changes seen at this time or later; zero: from the beginning
	After Cursor    // only changes after it; zero: from the beginning
	Limit int       // at most so many; none when it is not positive
}

// Changes returns what changed in a citizen's referrals as their reads showed it,
// oldest first, by (At, ID). Fewer than q.Limit means that there are no more at
// present; a caller that asks again after the last one misses nothing and sees
// nothing twice. timeline.TellChanges adds the words. Errors: ErrNotAllowed, and
// those of the store and the consents.
func (k *Keeper) Changes(ctx context.Context, ref citizen.Ref, id client.ID, q Query) ([]referral.Change, error) {
	may, err := k.allowed(ctx, ref, id)
	if err != nil {
		return nil, err
	}
	if !may {
		return nil, ErrNotAllowed
	}
	kept, err := k.read(ctx, ref)
	if err != nil {
		return nil, err
	}
	h, _ := kept.pruned(k.d.Limits, k.d.Now())
	all := h.changes()
	all = slices.DeleteFunc(all, func(c referral.Change) bool {
		return c.At.Before(q.Since) || After(c).compare(q.After) <= 0
	})
	return all[:min(len(all), max(q.Limit, 0))], nil
}

// changes returns the changes of all observations, in order.
func (h *History) changes() []referral.Change {
	all := []referral.Change{}
	for i := range h.Observations {
		o := &h.Observations[i]
		for _, kind := range o.Changes {
			all = append(all, referral.Change{
				ID: changeID(o, kind), ReferralID: o.Referral, Kind: kind, At: o.FirstSeen,
				From: o.From, To: o.Stage, Start: o.Start, DueBy: o.DueBy,
			})
		}
	}
	slices.SortFunc(all, func(a, b referral.Change) int { return After(a).compare(After(b)) })
	return all
}

func changeID(o *Observation, kind referral.ChangeKind) string {
	sum := sha256.Sum256([]byte(o.Referral + "\x00" + strconv.Itoa(o.Number) + "\x00" + string(kind)))
	return base64.RawURLEncoding.EncodeToString(sum[:16])
}

// Cursor is a place in the order of changes. The zero Cursor is before all.
type Cursor struct {
	at int64 // Unix nanoseconds
	id string
}

// After is the place of one change: later changes come after it.
func After(c referral.Change) Cursor { return Cursor{at: c.At.UnixNano(), id: c.ID} }

// String is the cursor as an app keeps it; empty for the zero Cursor.
func (c Cursor) String() string {
	if c == (Cursor{}) {
		return ""
	}
	return strconv.FormatInt(c.at, 36) + "." + c.id
}

// ParseCursor reads what String returned, or returns ErrBadCursor.
func ParseCursor(text string) (Cursor, error) {
	const longest = 64
	if text == "" {
		return Cursor{}, nil
	}
	at, id, found := strings.Cut(text, ".")
	nanoseconds, err := strconv.ParseInt(at, 36, 64)
	c := Cursor{at: nanoseconds, id: id}
	if !found || err != nil || len(text) > longest || c.String() != text {
		return Cursor{}, ErrBadCursor
	}
	return c, nil
}

func (c Cursor) compare(d Cursor) int {
	return cmp.Or(cmp.Compare(c.at, d.at), strings.Compare(c.id, d.id))
}
