package citizen

import (
	"context"
	"fmt"
)

// LookUp returns the pseudonym of the citizen with this NHS number, or
// ErrNoSubject: never seen here, or erased. It creates no citizen and opens no
// seal. The caller MUST record the look-up.
func (r *Registry) LookUp(ctx context.Context, number NHSNumber) (Ref, error) {
	macs := r.ring.MACs(lookupPurpose, []byte(number.Reveal()))
	lookups := make([]Lookup, len(macs))
	for i, m := range macs {
		lookups[i] = Lookup{KeyID: m.KeyID, MAC: m.Sum}
	}
	s, err := r.store.FindSubject(ctx, lookups)
	if err != nil {
		return "", fmt.Errorf("look up subject: %w", err)
	}
	return s.Ref, nil
}
