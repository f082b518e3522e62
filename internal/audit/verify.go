package audit

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"golang.org/x/mod/sumdb/tlog"
)

// Report is what a verification found to be whole.
type Report struct {
	Entries     int64     // in the log
	WithoutBody int64     // of them pruned: proved by their hash alone
	Root        tlog.Hash // of the tree of all entries
	Checkpoints int       // known checkpoints that the log agrees with
	Vouched     int64     // entries that the largest of those checkpoints covers
	Prunings    []Pruning // that the log itself tells of
}

// Pruning is an act of retention told by the log.
type Pruning struct {
	Seq    int64 // of the entry that tells it
	Before int64 // entries with a lower number may have lost their bodies
	At     time.Time
}

const verifyPage = 1000

// Verify reads the whole log in constant memory, recomputes every hash, and
// compares with the hashes stored and with the known checkpoints (verified notes,
// see [OpenCheckpoint]; none: only the log against itself). The first entry that
// is wrong comes back as a *[Fault]; any other error says that the log could not
// be read. What a success does not prove is told by [Report.Text].
func Verify(ctx context.Context, log Records, known ...Checkpoint) (Report, error) {
	v := verifier{}
	v.known = slices.SortedFunc(slices.Values(known), func(a, b Checkpoint) int { return cmp.Compare(a.Size, b.Size) })
	if err := v.checkpoints(); err != nil {
		return v.report(), err
	}
	for after := int64(math.MinInt64); ; {
		page, err := log.Records(ctx, after, verifyPage)
		if err != nil {
			return v.report(), fmt.Errorf("read audit log after entry %d: %w", after, err)
		}
		if len(page) == 0 {
			break
		}
		for _, r := range page {
			if err := v.record(r); err != nil {
				return v.report(), err
			}
		}
		after = page[len(page)-1].Seq
	}
	if len(v.known) > 0 {
		c := v.known[0]
		return v.report(), &Fault{
			Kind: Truncated, First: v.edge.Size(), Last: c.Size - 1,
			Detail: fmt.Sprintf("the log has %d entries, a checkpoint was signed for %d", v.edge.Size(), c.Size),
		}
	}
	if v.missing > v.before() {
		return v.report(), v.firstMissing(ctx, log)
	}
	return v.report(), nil
}

type verifier struct {
	edge     Edge
	known    []Checkpoint // not yet reached, ascending
	vouched  int64
	agreed   int
	bodiless int64
	missing  int64 // one past the highest sequence number without a body; 0: none
	prunings []Pruning
}

func (v *verifier) record(r Record) error {
	want := v.edge.Size()
	switch {
	case r.Seq < 0:
		return faultAt(Inserted, r.Seq, "it stands before the beginning")
	case r.Seq > want:
		return &Fault{Kind: Missing, First: want, Last: r.Seq - 1, Detail: "neither body nor hash is there"}
	case len(r.Hashes) == 0:
		return faultAt(Inserted, r.Seq, "no hash was stored with it")
	}
	leaf := r.Hashes[0]
	if r.Leaf == nil {
		v.bodiless++
		v.missing = r.Seq + 1
	} else {
		if err := v.body(r); err != nil {
			return err
		}
	}
	if !slices.Equal(v.edge.Append(leaf), r.Hashes) {
		return faultAt(BrokenTree, r.Seq, "a hash stored with it does not follow from the entries")
	}
	return v.checkpoints()
}

func (v *verifier) body(r Record) error {
	if LeafHash(r.Leaf) != r.Hashes[0] {
		return faultAt(Altered, r.Seq, "its body does not have the hash that was stored")
	}
	e, commitment, err := Decode(r.Leaf)
	if err != nil {
		return faultAt(Altered, r.Seq, err.Error())
	}
	if r.Correlation != nil && !r.Correlation.Opens(commitment) {
		return faultAt(Relabelled, r.Seq, "the correlation id beside it is not the one it commits to")
	}
	if e.Kind == Pruned {
		if e.Before > r.Seq {
			return faultAt(BadPruning, r.Seq, "it prunes entries that came after it")
		}
		v.prunings = append(v.prunings, Pruning{Seq: r.Seq, Before: e.Before, At: e.At})
	}
	return nil
}

// checkpoints compares the tree so far with every checkpoint of its size.
func (v *verifier) checkpoints() error {
	for len(v.known) > 0 && v.known[0].Size == v.edge.Size() {
		if v.known[0].Root != v.edge.Root() {
			return &Fault{
				Kind: Rewritten, First: v.vouched, Last: max(v.vouched, v.edge.Size()-1),
				Detail: fmt.Sprintf("the log of %d entries is not the one that was signed", v.edge.Size()),
			}
		}
		v.vouched = v.edge.Size()
		v.agreed++
		v.known = v.known[1:]
	}
	return nil
}

// before is where the furthest pruning ends that the log tells of.
func (v *verifier) before() int64 {
	b := int64(0)
	for _, p := range v.prunings {
		b = max(b, p.Before)
	}
	return b
}

// firstMissing goes again from where pruning ends to the first entry without a body.
func (v *verifier) firstMissing(ctx context.Context, log Records) error {
	for after := v.before() - 1; ; {
		page, err := log.Records(ctx, after, verifyPage)
		if err != nil {
			return fmt.Errorf("read audit log after entry %d: %w", after, err)
		}
		for _, r := range page {
			if r.Leaf == nil {
				return faultAt(Missing, r.Seq, "its body is gone and no pruning accounts for it")
			}
		}
		if len(page) == 0 {
			return faultAt(Missing, v.missing-1, "its body is gone and no pruning accounts for it")
		}
		after = page[len(page)-1].Seq
	}
}

func (v *verifier) report() Report {
	return Report{
		Entries: v.edge.Size(), WithoutBody: v.bodiless, Root: v.edge.Root(),
		Checkpoints: v.agreed, Vouched: v.vouched, Prunings: v.prunings,
	}
}
