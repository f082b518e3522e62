package release

import (
	"testing"
	"time"
)

func TestHandOffsAreBoundedAndEndByThemselves(t *testing.T) {
	t.Parallel()
	begin := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	h, err := newHandOffs(2)
	if err != nil {
		t.Fatal(err)
	}
	h.note("ann", begin)
	h.note("bob", begin)
	h.note("ann", begin.Add(time.Minute))
	h.note("cat", begin.Add(time.Minute))
	if h.at.Len() != 2 || !h.recent("ann", begin) || h.recent("bob", begin) || !h.recent("cat", begin) {
		t.Errorf("remembered are %v", h.at.Keys())
	}
	if !h.recent("ann", begin.Add(time.Minute+handOffLasts)) || h.recent("ann", begin.Add(time.Minute+handOffLasts+1)) {
		t.Errorf("a hand-off does not end after %s", handOffLasts)
	}
}
