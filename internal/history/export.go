package history

import (
	"context"
	"encoding/json"
	"fmt"
	"io"

	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/keys"
)

// Export writes everything that is kept of a citizen for their own access request
// (UK GDPR, article 15): one JSON object on each line, of the kind observation. It
// does not check any client's consent: the caller MUST know that the citizen is
// asking, and MUST record the access (audit.SubjectAccess) before it starts.
func Export(ctx context.Context, store Store, ring *keys.Ring, ref citizen.Ref, w io.Writer) error {
	snapshot, err := store.Observations(ctx, ref)
	if err != nil {
		return fmt.Errorf("export history: %w", err)
	}
	h, err := sealer{ring}.history(ref, snapshot)
	if err != nil {
		return fmt.Errorf("export history: %w", err)
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	for _, o := range h.Observations {
		line := struct {
			Kind     string `json:"kind"`
			Referral string `json:"referral"`
			record
		}{"observation", o.Referral, recordOf(o)}
		if err := enc.Encode(line); err != nil {
			return fmt.Errorf("export history: %w", err)
		}
	}
	return nil
}
