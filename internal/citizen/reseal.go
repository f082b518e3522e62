package citizen

import (
	"context"
	"fmt"
)

// ResealStore finds the rows that are not sealed under the active key.
type ResealStore interface {
	Store
	// SubjectsUnderOtherKeys returns at most limit subjects whose look-up is under
	// another key than active, in the order of their pseudonyms, beginning after the
	// pseudonym after.
	SubjectsUnderOtherKeys(ctx context.Context, active string, after Ref, limit int) ([]Subject, error)
}

// Reseal moves every citizen's row to the active key, so that an old key can be
// removed without anybody becoming a stranger. It returns how many it moved. A row
// that cannot be opened ends it with the reason; it can be run again.
func (r *Registry) Reseal(ctx context.Context, store ResealStore) (moved int, err error) {
	const batch = 200
	var after Ref
	for {
		list, err := store.SubjectsUnderOtherKeys(ctx, r.ring.ActiveID(), after, batch)
		if err != nil {
			return moved, fmt.Errorf("reseal: %w", err)
		}
		for _, s := range list {
			c, err := r.open(s)
			if err != nil {
				return moved, fmt.Errorf("reseal %s: %w", s.Ref, err)
			}
			m := r.ring.MACs(lookupPurpose, []byte(c.NHSNumber.Reveal()))[0]
			s.Lookup = Lookup{KeyID: m.KeyID, MAC: m.Sum}
			s.Sealed = r.seal(c, s.Lookup)
			if err := store.ReplaceSubject(ctx, s); err != nil {
				return moved, fmt.Errorf("reseal %s: %w", s.Ref, err)
			}
			moved, after = moved+1, s.Ref
		}
		if len(list) < batch {
			return moved, nil
		}
	}
}
