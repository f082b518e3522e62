package audit_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
)

// kept is a log of which only the times are asked for.
type kept struct {
	audit.RetentionStore

	last, next, newest time.Time
	forgot             int
}

func (k *kept) TimesAround(context.Context, time.Time) (last, next, newest time.Time, err error) {
	return k.last, k.next, k.newest, nil
}

func (k *kept) ForgetCorrelations(context.Context, time.Time, int) (int, error) {
	k.forgot++
	return 0, nil
}

// Nobody approves that correlation ids go, so a clock that is wrong must not make them go.
func TestNothingGoesByItselfWhileTheClockIsInDoubt(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	now := time.Date(2026, 11, 3, 12, 0, 0, 0, time.UTC)
	old := now.Add(-91 * day)
	for name, c := range map[string]struct {
		kept  kept
		doubt bool
	}{
		"nothing is old":                      {kept{next: now, newest: now}, false},
		"an empty log":                        {kept{}, false},
		"entries without a long pause":        {kept{last: old, next: old.Add(30 * day), newest: now}, false},
		"a clock that jumped ahead":           {kept{last: old, next: now, newest: now}, true},
		"nothing was written since it jumped": {kept{last: old, newest: old}, true},
		"a newest entry from the future":      {kept{last: old, next: old.Add(day), newest: now.Add(2 * time.Hour)}, true},
		"clocks that differ by minutes":       {kept{last: old, next: old.Add(day), newest: now.Add(time.Minute)}, false},
	} {
		r := audit.Retention{
			Store: &c.kept, Now: func() time.Time { return now },
			Correlations: func(now time.Time) time.Time { return now.Add(-90 * day) },
			Openings:     func(now time.Time) time.Time { return now.AddDate(-8, 0, 0) },
		}
		_, err := r.Forget(t.Context())
		if errors.Is(err, audit.ErrClockInDoubt) != c.doubt || (c.kept.forgot == 0) != c.doubt || err != nil && !c.doubt {
			t.Errorf("%s: %v, asked %d times", name, err, c.kept.forgot)
		}
	}
}
