package consent

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/citizen"
)

// Archive is a Store that can be read from end to end.
type Archive interface {
	Events(ctx context.Context, ref citizen.Ref) ([]Event, error)
	// Citizens returns at most limit pseudonyms that have events, above after, ascending.
	Citizens(ctx context.Context, after citizen.Ref, limit int) ([]citizen.Ref, error)
}

// Disagreement is a citizen whose stored consent events are not those of the log.
type Disagreement struct {
	Citizen citizen.Ref
	Detail  string
}

func (d *Disagreement) Error() string {
	return fmt.Sprintf("consents of %s do not agree with the audit log: %s", d.Citizen, d.Detail)
}

const comparePage = 500

// CompareWithLog proves that the stored consent events are the ones in the log,
// field by field and in the same order, and returns how many it compared. Events
// before keptSince (zero: none) need no entry, because retention may have pruned
// it. The log itself has to be proved with audit.Verify. The first citizen whose
// events differ is returned as a *Disagreement.
func CompareWithLog(ctx context.Context, store Archive, log audit.Finder, keptSince time.Time) (int, error) {
	compared := 0
	for after := citizen.Ref(""); ; {
		page, err := store.Citizens(ctx, after, comparePage)
		if err != nil {
			return compared, fmt.Errorf("compare consents with the log: %w", err)
		}
		for _, ref := range page {
			n, err := compareCitizen(ctx, store, log, ref, keptSince)
			compared += n
			if err != nil {
				return compared, fmt.Errorf("compare consents with the log: %w", err)
			}
		}
		if len(page) == 0 {
			break
		}
		after = page[len(page)-1]
	}
	return compared, withoutEvents(ctx, store, log)
}

func compareCitizen(ctx context.Context, store Archive, log audit.Finder, ref citizen.Ref, keptSince time.Time) (int, error) {
	events, err := store.Events(ctx, ref)
	if err != nil {
		return 0, err
	}
	logged, err := loggedDigests(ctx, log, ref)
	if err != nil {
		return 0, err
	}
	for len(events) > len(logged) && events[0].At.Before(keptSince) {
		events = events[1:]
	}
	if len(events) != len(logged) {
		return 0, &Disagreement{ref, fmt.Sprintf("%d events are stored, but the log has %d", len(events), len(logged))}
	}
	for i, e := range events {
		if e.Citizen != ref || e.Digest() != logged[i] {
			return i, &Disagreement{ref, fmt.Sprintf("event %d is not the one that was logged", e.Seq)}
		}
	}
	return len(events), nil
}

// loggedDigests returns the digests of a citizen's consent events, in the order in
// which they were logged.
func loggedDigests(ctx context.Context, log audit.Finder, ref citizen.Ref) ([]string, error) {
	type logged struct {
		seq    int64
		digest string
	}
	var all []logged
	err := eachConsentAct(ctx, log, ref, func(seq int64, e audit.Entry) error {
		all = append(all, logged{seq, e.Digest})
		return nil
	})
	// The log's order is by place, whatever the clock said.
	slices.SortFunc(all, func(a, b logged) int { return cmp.Compare(a.seq, b.seq) })
	digests := make([]string, len(all))
	for i, t := range all {
		digests[i] = t.digest
	}
	return digests, err
}

// withoutEvents looks for citizens who have consent entries in the log and no
// events in the store.
func withoutEvents(ctx context.Context, store Archive, log audit.Finder) error {
	var last citizen.Ref
	return eachConsentAct(ctx, log, "", func(_ int64, e audit.Entry) error {
		if e.Citizen == last {
			return nil
		}
		last = e.Citizen
		events, err := store.Events(ctx, e.Citizen)
		if err == nil && len(events) == 0 {
			err = &Disagreement{e.Citizen, "the log has events, but none is stored"}
		}
		return err
	})
}

func eachConsentAct(ctx context.Context, log audit.Finder, ref citizen.Ref, do func(seq int64, e audit.Entry) error) error {
	f := audit.Filter{Citizen: ref, Kinds: audit.ConsentKinds()}
	for after := (audit.Cursor{}); ; {
		page, err := log.Find(ctx, f, after, comparePage)
		if err != nil || len(page) == 0 {
			return err
		}
		for _, r := range page {
			e, err := r.Entry()
			if err != nil {
				return err
			}
			if err := do(r.Seq, e); err != nil {
				return err
			}
		}
		if after, err = audit.After(page[len(page)-1]); err != nil {
			return err
		}
	}
}
