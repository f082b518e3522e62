package keys

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// ErrWrongRing says that a database was written with another ring. Served with this
// one, every citizen would be a stranger: put the right ring in place.
var ErrWrongRing = errors.New("the key ring is not the one that this database was written with")

// Check is what a database keeps of a key, to know it again. It tells nothing of the
// key.
type Check struct {
	KeyID string
	Value [32]byte
}

// CheckStore keeps checks.
type CheckStore interface {
	// RingChecks returns the check of every key that was ever noted.
	RingChecks(ctx context.Context) ([]Check, error)
	// AddRingChecks durably notes keys; those that are there already stay.
	AddRingChecks(ctx context.Context, checks []Check) error
	// KeysInUse returns the ids of the keys that rows of citizens and histories are
	// sealed under.
	KeysInUse(ctx context.Context) ([]string, error)
}

const checkPurpose = "ring-check"

func (r *Ring) checks() []Check {
	macs := r.MACs(checkPurpose, nil)
	all := make([]Check, len(macs))
	for i, m := range macs {
		all[i] = Check{KeyID: m.KeyID, Value: m.Sum}
	}
	return all
}

// Fingerprint names the active key by its id and a digest: two keys of one id differ
// in it.
func (r *Ring) Fingerprint() string {
	const shown = 6
	c := r.checks()[0]
	return c.KeyID + "/" + hex.EncodeToString(c.Value[:shown])
}

// Verify reports [ErrWrongRing] where a key has another value than the database knows
// by its id, and where rows are sealed under a key that the ring does not have.
func (r *Ring) Verify(ctx context.Context, store CheckStore) error {
	known, err := store.RingChecks(ctx)
	if err != nil {
		return fmt.Errorf("check the key ring: %w", err)
	}
	inUse, err := store.KeysInUse(ctx)
	if err != nil {
		return fmt.Errorf("check the key ring: %w", err)
	}
	own := r.checks()
	for _, k := range known {
		if i := slices.IndexFunc(own, func(c Check) bool { return c.KeyID == k.KeyID }); i >= 0 && own[i] != k {
			return fmt.Errorf("%w: the key %q has another value", ErrWrongRing, k.KeyID)
		}
	}
	missing := slices.DeleteFunc(inUse, func(id string) bool {
		return slices.ContainsFunc(own, func(c Check) bool { return c.KeyID == id })
	})
	if len(missing) > 0 {
		return fmt.Errorf("%w: rows are sealed under %s, which it does not have; put the key back as a last line, and run 'aggregator keys reseal' before it is removed",
			ErrWrongRing, strings.Join(missing, ", "))
	}
	return nil
}

// Note has the database know the keys of the ring. [Ring.Verify] must have passed.
func (r *Ring) Note(ctx context.Context, store CheckStore) error {
	if err := store.AddRingChecks(ctx, r.checks()); err != nil {
		return fmt.Errorf("note the key ring: %w", err)
	}
	return nil
}
