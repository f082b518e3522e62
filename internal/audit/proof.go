package audit

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"
)

// ErrNotProved says that a proof does not hold. What it was meant to show MUST
// be taken as false.
var ErrNotProved = errors.New("the proof does not hold")

// Inclusion proves that a leaf is entry Seq of the tree of that Size and Root
// (RFC 6962, section 2.1.1).
type Inclusion struct {
	Seq    int64       `json:"seq"`
	Size   int64       `json:"size"`
	Root   tlog.Hash   `json:"root"`
	Hashes []tlog.Hash `json:"hashes"`
}

// ProveInclusion makes the proof for an entry of the tree of that size.
func ProveInclusion(ctx context.Context, t Tree, seq, size int64) (Inclusion, error) {
	if err := inLog(ctx, t, size); err != nil {
		return Inclusion{}, fmt.Errorf("prove inclusion: %w", err)
	}
	if seq < 0 || seq >= size {
		return Inclusion{}, fmt.Errorf("prove inclusion: there is no entry %d in a tree of %d", seq, size)
	}
	proof, err := tlog.ProveRecord(size, seq, HashReader(ctx, t))
	if err != nil {
		return Inclusion{}, fmt.Errorf("prove inclusion: %w", err)
	}
	root, err := tlog.TreeHash(size, HashReader(ctx, t))
	if err != nil {
		return Inclusion{}, fmt.Errorf("prove inclusion: %w", err)
	}
	return Inclusion{Seq: seq, Size: size, Root: root, Hashes: proof}, nil
}

// Check returns ErrNotProved unless the proof holds for a leaf under a checkpoint.
func (p Inclusion) Check(leaf []byte, c Checkpoint) error { return p.CheckHash(LeafHash(leaf), c) }

// CheckHash is Check where only the leaf's hash is at hand.
func (p Inclusion) CheckHash(leaf tlog.Hash, c Checkpoint) error {
	if p.Size != c.Size || p.Root != c.Root {
		return fmt.Errorf("%w: it is about another tree than the checkpoint", ErrNotProved)
	}
	return checkRecord(p.Hashes, p.Size, p.Root, p.Seq, leaf)
}

func checkRecord(proof []tlog.Hash, size int64, root tlog.Hash, seq int64, leaf tlog.Hash) error {
	if err := tlog.CheckRecord(proof, size, root, seq, leaf); err != nil {
		return fmt.Errorf("%w: %w", ErrNotProved, err)
	}
	return nil
}

// Consistency proves that the tree of one size is the beginning of the tree of
// another (RFC 6962, section 2.1.2): entries were added and none was changed.
type Consistency struct {
	From   int64       `json:"from"`
	To     int64       `json:"to"`
	Hashes []tlog.Hash `json:"hashes"`
}

// ProveConsistency makes the proof; from 0 everything follows, and the proof is empty.
func ProveConsistency(ctx context.Context, t Tree, from, to int64) (Consistency, error) {
	if err := inLog(ctx, t, to); err != nil {
		return Consistency{}, fmt.Errorf("prove consistency: %w", err)
	}
	if from < 0 || from > to {
		return Consistency{}, fmt.Errorf("prove consistency: %d is not the beginning of %d", from, to)
	}
	p := Consistency{From: from, To: to}
	if from == 0 || from == to {
		return p, nil
	}
	proof, err := tlog.ProveTree(to, from, HashReader(ctx, t))
	if err != nil {
		return Consistency{}, fmt.Errorf("prove consistency: %w", err)
	}
	p.Hashes = proof
	return p, nil
}

// Check returns ErrNotProved unless the newer checkpoint's log grew from the older one's.
func (p Consistency) Check(older, newer Checkpoint) error {
	if p.From != older.Size || p.To != newer.Size || p.From > p.To {
		return fmt.Errorf("%w: it is about other trees than the checkpoints", ErrNotProved)
	}
	if p.From == p.To && older.Root != newer.Root {
		return fmt.Errorf("%w: two logs of one size", ErrNotProved)
	}
	if p.From == 0 || p.From == p.To {
		return nil
	}
	if err := tlog.CheckTree(p.Hashes, p.To, newer.Root, p.From, older.Root); err != nil {
		return fmt.Errorf("%w: %w", ErrNotProved, err)
	}
	return nil
}

func inLog(ctx context.Context, t Tree, size int64) error {
	have, err := t.Size(ctx)
	if err != nil {
		return err
	}
	if size < 0 || size > have {
		return fmt.Errorf("the log has %d entries, not %d", have, size)
	}
	return nil
}
