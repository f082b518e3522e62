package consent

import (
	"context"
	"fmt"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/citizen"
)

// channelRestore is where a consent is suspended: in no channel of the citizen's.
const channelRestore = "restore"

// FullStore is a Store that can be read from end to end.
type FullStore interface {
	Store
	Archive
}

// SuspendAll suspends every consent of everybody that is in force, each with its log
// entry, and returns their number. A consent that is suspended already is skipped, so the
// call can be repeated after an interruption. Nobody else may write meanwhile.
func SuspendAll(ctx context.Context, store FullStore, now time.Time) (int, error) {
	suspended := 0
	for after := citizen.Ref(""); ; {
		page, err := store.Citizens(ctx, after, comparePage)
		if err != nil {
			return suspended, fmt.Errorf("suspend consents: %w", err)
		}
		if len(page) == 0 {
			return suspended, nil
		}
		for _, ref := range page {
			n, err := suspend(ctx, store, ref, now)
			suspended += n
			if err != nil {
				return suspended, fmt.Errorf("suspend consents: %w", err)
			}
		}
		after = page[len(page)-1]
	}
}

func suspend(ctx context.Context, store Store, ref citizen.Ref, now time.Time) (int, error) {
	events, err := store.Events(ctx, ref)
	if err != nil || len(events) == 0 {
		return 0, err
	}
	last, suspended := events[len(events)-1].Seq, 0
	for _, h := range replay(events) {
		if !h.running(now) {
			continue
		}
		e := Event{
			Seq: last + 1, ID: h.id, Kind: Suspended, Citizen: ref, Client: h.client,
			Notice: h.notice, Channel: channelRestore, At: now,
		}
		if err := store.Record(ctx, last, e, entry(e, "")); err != nil {
			return suspended, err
		}
		last++
		suspended++
	}
	return suspended, nil
}
