package consent

import (
	"context"
	"fmt"
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

// Disagreement says how the stored consent events are not those of the log.
type Disagreement struct {
	Citizen citizen.Ref // whose they are; empty: it is not known
	Detail  string
}

func (d *Disagreement) Error() string {
	if d.Citizen == "" {
		return "consents do not agree with the audit log: " + d.Detail
	}
	return fmt.Sprintf("consents of %s do not agree with the audit log: %s", d.Citizen, d.Detail)
}

const comparePage = 500

// CompareWithLog proves that the stored consent events are the ones in the log, field by
// field, and returns how many it compared. A digest holds whose event it is and which
// one, so the order is compared too. Events before keptSince (zero: none) need no entry,
// because retention may have removed what opens it. The log itself has to be proved
// with audit.Verify. The first event that differs is returned as a *Disagreement.
func CompareWithLog(ctx context.Context, store Archive, log audit.Finder, keptSince time.Time) (int, error) {
	logged, err := loggedEvents(ctx, log)
	if err != nil {
		return 0, fmt.Errorf("compare consents with the log: %w", err)
	}
	compared := 0
	for after := citizen.Ref(""); ; {
		page, err := store.Citizens(ctx, after, comparePage)
		if err != nil {
			return compared, fmt.Errorf("compare consents with the log: %w", err)
		}
		for _, ref := range page {
			n, err := compareCitizen(ctx, store, logged, ref, keptSince)
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
	for _, seq := range logged {
		return compared, fmt.Errorf("compare consents with the log: %w",
			&Disagreement{Detail: fmt.Sprintf("the log has %d events that are not stored, one of them in entry %d", len(logged), seq)})
	}
	return compared, nil
}

// compareCitizen takes the citizen's events off those of the log.
func compareCitizen(ctx context.Context, store Archive, logged map[string]int64, ref citizen.Ref, keptSince time.Time) (int, error) {
	events, err := store.Events(ctx, ref)
	if err != nil {
		return 0, err
	}
	compared, last := 0, int64(-1)
	for _, e := range events {
		digest := e.Digest()
		seq, known := logged[digest]
		delete(logged, digest)
		switch {
		case e.Citizen != ref:
			return compared, &Disagreement{ref, fmt.Sprintf("event %d is of somebody else", e.Seq)}
		case known && seq < last:
			return compared, &Disagreement{ref, fmt.Sprintf("event %d was logged before the one before it", e.Seq)}
		case known:
			compared++
			last = seq
		case !e.At.Before(keptSince):
			return compared, &Disagreement{ref, fmt.Sprintf("event %d is not in the log", e.Seq)}
		}
	}
	return compared, nil
}

// loggedEvents are the digests of the consent events in the log, and where each is.
func loggedEvents(ctx context.Context, log audit.Finder) (map[string]int64, error) {
	logged := map[string]int64{}
	f := audit.Filter{Kinds: audit.ConsentKinds()}
	for after := audit.Cursor(0); ; {
		page, err := log.Find(ctx, f, after, comparePage)
		if err != nil || len(page) == 0 {
			return logged, err
		}
		for _, r := range page {
			e, err := r.Entry()
			if err != nil {
				return logged, err
			}
			if before, twice := logged[e.Digest]; twice && r.Opening != nil {
				return logged, &Disagreement{Detail: fmt.Sprintf("entries %d and %d are about one event", before, r.Seq)}
			}
			if r.Opening != nil {
				logged[e.Digest] = r.Seq
			}
		}
		after = audit.After(page[len(page)-1])
	}
}
