package audit

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/tlog"
)

// Checkpoint is the claim "at that time the log had that many entries and this
// root". It is worth something only when signed: see package checkpoint.
type Checkpoint struct {
	Origin string // name of the log, which is the name of its key
	Size   int64
	Root   tlog.Hash
	At     time.Time
}

// Report is what a verification found to be whole.
type Report struct {
	Entries     int64     // in the log
	Removed     int64     // of them without what opens them: only their leaves are proved
	Erased      int64     // of those, which erasures removed
	Root        tlog.Hash // of the tree of all entries
	Checkpoints int       // known checkpoints that the log agrees with
	Vouched     int64     // entries that the largest of those checkpoints covers
	Prunings    []Pruning // that the log itself records
	Backwards   Backwards
}

// Backwards tells where the time of entries goes back by more than a minute: the clock
// was set back, or somebody wrote what they liked. Entries that are written together can
// differ by less.
type Backwards struct {
	Times int           // how often
	Seq   int64         // of the entry before which it went back furthest
	By    time.Duration // how far
}

// tolerated is how far back time may go between two entries without being told.
const tolerated = time.Minute

// Pruning is an act of retention that the log records.
type Pruning struct {
	Seq    int64 // of the entry that records it
	Before int64 // entries with a lower number may have lost what opens them
	At     time.Time
}

// Text explains to a person what was proved, and what a success cannot prove.
func (r Report) Text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "The log is whole: %d entries, root %s.\n", r.Entries, r.Root)
	if r.Removed > 0 {
		fmt.Fprintf(&b, "Of %d of them only the leaf is known, because whom they were about and what they said was removed, of %d by erasures and of %d by retention:\n",
			r.Removed, r.Erased, r.Removed-r.Erased)
		for _, p := range r.Prunings {
			fmt.Fprintf(&b, "  entry %d says that this was removed before entry %d, at %s\n", p.Seq, p.Before, p.At.UTC().Format(time.RFC3339))
		}
	}
	if r.Checkpoints == 0 {
		b.WriteString("No checkpoint was compared: anybody who can write to the database could have written the whole log again.\n")
	} else {
		fmt.Fprintf(&b, "%d signed checkpoints agree; the first %d entries are those that were signed.\n", r.Checkpoints, r.Vouched)
	}
	if later := r.Entries - r.Vouched; later > 0 && r.Checkpoints > 0 {
		fmt.Fprintf(&b, "%d entries came after the last checkpoint: had the newest of them been removed, nothing would show it yet.\n", later)
	}
	if r.Backwards.Times > 0 {
		fmt.Fprintf(&b, "The time goes back %d times, furthest at entry %d, by %s: a clock was set back, or an entry does not say when it was written.\n", r.Backwards.Times, r.Backwards.Seq, r.Backwards.By.Round(time.Second))
	}
	b.WriteString("This does not prove that everything that happened was written to the log, " +
		"that entries said the truth when they were written, " +
		"or anything at all if the checkpoints were kept where the log's administrator can change them.\n")
	return b.String()
}

const verifyPage = 1000

// Verify reads the whole log in constant memory, recomputes every hash, and
// compares with the hashes stored and with the known checkpoints (verified notes,
// see checkpoint.Open; none: only the log against itself). The first entry that
// is wrong comes back as a *[Fault]; any other error says that the log could not
// be read. [Report.Text] explains what a success does not prove.
func Verify(ctx context.Context, log Whole, known ...Checkpoint) (Report, error) {
	v, err := NewVerifier(known...)
	if err != nil {
		return v.Report(), err
	}
	if err := v.read(ctx, log, math.MaxInt64); err != nil {
		return v.Report(), err
	}
	if len(v.known) > 0 {
		c := v.known[0]
		return v.Report(), &Fault{
			Kind: Truncated, First: v.edge.Size(), Last: c.Size - 1,
			Detail: fmt.Sprintf("the log has %d entries, a checkpoint was signed for %d", v.edge.Size(), c.Size),
		}
	}
	if v.missing > v.before() {
		return v.Report(), v.firstMissing(ctx, log)
	}
	if err := v.Accounted(); err != nil {
		return v.Report(), err
	}
	return v.Report(), v.chains(ctx, log)
}

// read checks the records up to a size, or to the end.
func (v *Verifier) read(ctx context.Context, log Records, size int64) error {
	after := v.edge.Size() - 1
	if after < 0 {
		after = math.MinInt64
	}
	for v.edge.Size() < size {
		page, err := log.Records(ctx, after, int(min(verifyPage, size-v.edge.Size())))
		if err != nil {
			return fmt.Errorf("read audit log after entry %d: %w", after, err)
		}
		if len(page) == 0 {
			return nil
		}
		for _, r := range page {
			if err := v.Add(r); err != nil {
				return err
			}
		}
		after = page[len(page)-1].Seq
	}
	return nil
}

// chains checks the numbers of the lists. The log may have grown in the meantime.
func (v *Verifier) chains(ctx context.Context, log Whole) error {
	size, err := log.Heads(ctx, v.numbers.newest)
	if err != nil {
		return fmt.Errorf("read the ends of the lists: %w", err)
	}
	if err := v.read(ctx, log, size); err != nil {
		return err
	}
	return v.numbers.check(size)
}

// Verifier is [Verify] one record after the other, for records that come from
// somewhere else than a store. An export is checked with it.
type Verifier struct {
	edge      Edge
	known     []Checkpoint // not yet reached, ascending
	vouched   int64
	agreed    int
	removed   int64
	missing   int64              // one past the highest sequence number without an opening that no erasure removed; 0: none
	erased    int64              // entries whose openings erasures removed
	erasing   map[int64]*Removed // those of erasures that are still to come
	prunings  []Pruning
	latest    time.Time // of the entry before
	back      Backwards
	numbers   numbers
	withdrawn map[string]int64 // consents, and the entry that withdrew each
}

// NewVerifier begins at the empty log, which a known checkpoint may be about too:
// a *[Fault] when its root is another.
func NewVerifier(known ...Checkpoint) (*Verifier, error) {
	v := &Verifier{numbers: newNumbers(), withdrawn: map[string]int64{}, erasing: map[int64]*Removed{}, known: slices.SortedFunc(slices.Values(known), func(a, b Checkpoint) int { return cmp.Compare(a.Size, b.Size) })}
	return v, v.checkpoints()
}

// Edge is the tree of the records so far.
func (v *Verifier) Edge() Edge { return v.edge.Clone() }

// Add checks the next record of the log, or returns a *[Fault].
func (v *Verifier) Add(r Record) error {
	want := v.edge.Size()
	switch {
	case r.Seq < 0:
		return FaultAt(Inserted, r.Seq, "it is before the beginning")
	case r.Seq > want:
		return &Fault{Kind: Missing, First: want, Last: r.Seq - 1, Detail: "neither leaf nor hash is there"}
	case r.Seq < want:
		return FaultAt(Inserted, r.Seq, "an entry of that number is there already")
	case len(r.Hashes) == 0:
		return FaultAt(Inserted, r.Seq, "no hash was stored with it")
	case r.Leaf == nil:
		return FaultAt(Missing, r.Seq, "its leaf is gone")
	}
	e, err := v.check(r)
	if err != nil {
		return err
	}
	if !slices.Equal(v.edge.Append(r.Hashes[0]), r.Hashes) {
		return FaultAt(BrokenTree, r.Seq, "a hash stored with it does not follow from the entries")
	}
	if err := v.checkpoints(); err != nil {
		return err
	}
	if err := v.numbers.add(r, e); err != nil {
		return err
	}
	if err := v.erasures(r, e); err != nil {
		return err
	}
	return v.consented(r.Seq, e)
}

// CheckRecord checks what does not need the other records: that a leaf has its hash and
// is one, and that its opening opens it.
func (v *Verifier) CheckRecord(r Record) error {
	_, err := v.check(r)
	return err
}

func (v *Verifier) check(r Record) (Entry, error) {
	if LeafHash(r.Leaf) != r.Hashes[0] {
		return Entry{}, FaultAt(Altered, r.Seq, "it does not have the hash that was stored")
	}
	l, err := Decode(r.Leaf)
	if err != nil {
		return Entry{}, FaultAt(Altered, r.Seq, err.Error())
	}
	e := l.Open
	if r.Opening == nil {
		v.removed++
		if r.ErasedBy <= r.Seq {
			v.missing = r.Seq + 1
		}
	} else if e, err = r.Opening.Opens(l); err != nil {
		return Entry{}, FaultAt(Relabelled, r.Seq, err.Error())
	}
	v.noteTime(r.Seq, e.At)
	if e.Kind == Pruned {
		if e.Before > r.Seq {
			return Entry{}, FaultAt(BadPruning, r.Seq, "it prunes entries that came after it")
		}
		v.prunings = append(v.prunings, Pruning{Seq: r.Seq, Before: e.Before, At: e.At})
	}
	return e, nil
}

// consented finds data behind the end of the consent that it relies on.
func (v *Verifier) consented(seq int64, e Entry) error {
	switch e.Kind {
	case ConsentWithdrawn, ConsentSuspended:
		v.withdrawn[e.Consent] = seq
	case DataReleased, DataNotModified:
		if by, ended := v.withdrawn[e.Consent]; ended && e.Consent != "" {
			return FaultAt(WithoutConsent, seq, fmt.Sprintf("it shows data on a consent that entry %d ended", by))
		}
	}
	return nil
}

// erasures finds openings that went with an erasure which does not say so.
func (v *Verifier) erasures(r Record, e Entry) error {
	if r.Opening == nil && r.ErasedBy > r.Seq {
		if v.erasing[r.ErasedBy] == nil {
			v.erasing[r.ErasedBy] = &Removed{}
		}
		v.erasing[r.ErasedBy].Add(r.Seq)
		v.erased++
		return nil
	}
	gone, told := v.erasing[r.Seq], e.Kind == Erased && e.Removes > 0
	delete(v.erasing, r.Seq)
	switch {
	case r.Opening == nil: // a pruning has to account for it, and that accounts for what is older
		return nil
	case gone == nil && !told:
		return nil
	case gone == nil || !told || gone.Count() != e.Removes || gone.Digest() != e.Digest:
		return FaultAt(Missing, r.Seq, "other openings are gone than those that it removed")
	}
	return nil
}

func (v *Verifier) noteTime(seq int64, at time.Time) {
	if by := v.latest.Sub(at); by > tolerated {
		if v.back.Times++; by > v.back.By {
			v.back.Seq, v.back.By = seq, by
		}
	}
	v.latest = at
}

// checkpoints compares the tree so far with every checkpoint of its size.
func (v *Verifier) checkpoints() error {
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

// Accounted reports, as a *[Fault], an opening that is gone though neither a pruning nor an
// erasure accounts for it. Only the end of the log is the time to ask.
func (v *Verifier) Accounted() error {
	if v.missing > v.before() {
		return FaultAt(Missing, v.missing-1, unaccounted)
	}
	for by := range v.erasing {
		return FaultAt(Missing, by, "openings are gone by an erasure that the log does not have")
	}
	return nil
}

const unaccounted = "what opens it is gone and neither a pruning nor an erasure accounts for it"

// before is where the furthest pruning ends that the log records.
func (v *Verifier) before() int64 {
	b := int64(0)
	for _, p := range v.prunings {
		b = max(b, p.Before)
	}
	return b
}

// firstMissing goes again from where pruning ends to the first entry without an opening.
func (v *Verifier) firstMissing(ctx context.Context, log Records) error {
	for after := v.before() - 1; ; {
		page, err := log.Records(ctx, after, verifyPage)
		if err != nil {
			return fmt.Errorf("read audit log after entry %d: %w", after, err)
		}
		for _, r := range page {
			if r.Opening == nil && r.ErasedBy <= r.Seq {
				return FaultAt(Missing, r.Seq, unaccounted)
			}
		}
		if len(page) == 0 {
			return FaultAt(Missing, v.missing-1, unaccounted)
		}
		after = page[len(page)-1].Seq
	}
}

// Report is what was found to be whole so far.
func (v *Verifier) Report() Report {
	return Report{
		Entries: v.edge.Size(), Removed: v.removed, Erased: v.erased, Root: v.edge.Root(),
		Checkpoints: v.agreed, Vouched: v.vouched, Prunings: v.prunings, Backwards: v.back,
	}
}
