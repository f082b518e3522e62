package release

import (
	"testing"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/cache/memory"
)

func TestAHandOffIsKnownAtEachReplicaAndEndsByItself(t *testing.T) {
	t.Parallel()
	begin := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	kept := memory.New[time.Time](10)
	one, other := handOffs{kept}, handOffs{kept}
	one.note(t.Context(), "ann", begin)
	if !other.recent(t.Context(), "ann", begin) || other.recent(t.Context(), "bob", begin) {
		t.Error("another replica does not know who was sent away")
	}
	if !other.recent(t.Context(), "ann", begin.Add(handOffLasts)) || other.recent(t.Context(), "ann", begin.Add(handOffLasts+1)) {
		t.Errorf("a hand-off does not end after %s", handOffLasts)
	}
}
