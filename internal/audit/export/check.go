package export

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
)

// ErrNotExport says that a file is not an NDJSON export of [Write], or was cut
// short in the middle of a line.
var ErrNotExport = errors.New("not an audit export")

// maxLine bounds a line: a leaf, its opening and a proof, with room to spare.
const maxLine = 64 << 10

// Check proves an NDJSON export without the database: it needs the file
// and the checkpoints (verified notes, see checkpoint.Open). A whole export is
// hashed again, in constant memory, and compared with every checkpoint; in a
// filtered one each entry's own proof is checked, and a checkpoint of exactly the
// export's size has to vouch for it. The first entry that is wrong comes back as
// a *[audit.Fault]. The export of one list leaves out nothing between its first and its
// last entry; that any other filtered export leaves nothing out cannot be proved.
//
// A checkpoint of more entries than the export has is compared too: when it is older
// than the export, entries are gone (audit.Truncated). When it is younger, a whole
// export does not reach it, and the reader needs a new one (audit.NotVouched).
func Check(export io.Reader, known ...audit.Checkpoint) (audit.Report, error) {
	lines := bufio.NewScanner(export)
	lines.Buffer(make([]byte, 0, 16<<10), maxLine)
	var head header
	if !lines.Scan() || unmarshalStrict(lines.Bytes(), &head) != nil || head.Version != version {
		return audit.Report{}, errors.Join(ErrNotExport, lines.Err())
	}
	c := checker{head: head, larger: largerThan(head.Size, known)}
	if err := c.begin(known); err != nil {
		return c.result(), err
	}
	for lines.Scan() {
		var l line
		if err := unmarshalStrict(lines.Bytes(), &l); err != nil {
			return c.result(), fmt.Errorf("%w: after %d entries: %w", ErrNotExport, c.seen, err)
		}
		if err := c.line(l); err != nil {
			return c.result(), err
		}
		c.seen++
	}
	if err := lines.Err(); err != nil {
		return c.result(), fmt.Errorf("read audit export: %w", err)
	}
	return c.result(), c.end()
}

// checker is a verifier whose records come from a file.
type checker struct {
	*audit.Verifier

	head   header
	seen   int64
	inList audit.Record // of the export of one list, the one before
	agreed int          // checkpoints of exactly a filtered export's size and root
	// larger are the checkpoints of more entries than the export has, the oldest first.
	larger []audit.Checkpoint
}

func largerThan(size int64, known []audit.Checkpoint) []audit.Checkpoint {
	larger := slices.DeleteFunc(slices.Clone(known), func(k audit.Checkpoint) bool { return k.Size <= size })
	slices.SortFunc(larger, func(a, b audit.Checkpoint) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Size, b.Size)) })
	return larger
}

// outgrown compares with the checkpoints of more entries than the export has. The time
// of a checkpoint has whole seconds.
func (c *checker) outgrown() error {
	if len(c.larger) == 0 {
		return nil
	}
	k := c.larger[0]
	f := &audit.Fault{First: c.head.Size, Last: k.Size - 1}
	told := fmt.Sprintf("a checkpoint of %s is over %d entries; this export, made at %s, is over %d",
		k.At.UTC().Format(time.RFC3339), k.Size, c.head.MadeAt.UTC().Format(time.RFC3339), c.head.Size)
	switch {
	case c.head.MadeAt.After(k.At.Add(time.Second)):
		f.Kind, f.Detail = audit.Truncated, told+": entries are gone"
	case c.head.Whole:
		f.Kind, f.Detail = audit.NotVouched, told+": it was made earlier, so ask for a new one, or compare it only with the checkpoints of its time"
	default:
		return nil // its own checkpoint vouches for each of its entries
	}
	return f
}

func (c *checker) begin(known []audit.Checkpoint) (err error) {
	if c.head.Whole {
		c.Verifier, err = audit.NewVerifier(known...)
		return err
	}
	if c.Verifier, err = audit.NewVerifier(); err != nil {
		return err
	}
	for _, k := range known {
		if k.Size == c.head.Size && k.Root == c.head.Root {
			c.agreed++
		}
	}
	if c.agreed == 0 {
		return &audit.Fault{Kind: audit.NotVouched, First: 0, Last: max(0, c.head.Size-1), Detail: "no checkpoint is of the size and root that the export was made at"}
	}
	return nil
}

func (c *checker) line(l line) error {
	r := audit.Record{Seq: l.Seq, Leaf: l.Leaf, Opening: l.Opening, ErasedBy: l.ErasedBy}
	if len(l.Leaf) == 0 {
		return audit.FaultAt(audit.Missing, l.Seq, "its leaf is not there")
	}
	if !c.head.Whole {
		if err := c.proved(l); err != nil {
			return audit.FaultAt(audit.NotVouched, l.Seq, err.Error())
		}
		return c.filtered(r)
	}
	grown := c.Edge()
	switch want := grown.Size(); {
	case l.Seq > want:
		return &audit.Fault{Kind: audit.Missing, First: want, Last: l.Seq - 1, Detail: "the export leaves it out"}
	case l.Seq < want:
		return audit.FaultAt(audit.OutOfPlace, l.Seq, fmt.Sprintf("it is where entry %d should be", want))
	}
	// The tree is built from the lines, so each agrees with itself: what is wrong
	// shows at the next checkpoint, or at the header's root.
	r.Hashes = grown.Append(audit.LeafHash(r.Leaf))
	return c.Add(r)
}

// proved checks an entry's own proof.
func (c *checker) proved(l line) error {
	p := audit.Inclusion{Seq: l.Seq, Size: c.head.Size, Root: c.head.Root, Hashes: l.Proof}
	return p.Check(l.Leaf, audit.Checkpoint{Size: c.head.Size, Root: c.head.Root})
}

// filtered checks what does not need the tree.
func (c *checker) filtered(r audit.Record) error {
	h := audit.LeafHash(r.Leaf)
	r.Hashes = append(r.Hashes, h)
	if err := c.CheckRecord(r); err != nil {
		return err
	}
	e, err := r.Entry()
	if err != nil {
		return err
	}
	if !c.head.Filter.Matches(r.Seq, e) {
		return audit.FaultAt(audit.OutOfPlace, r.Seq, "the export's filter does not choose it")
	}
	return c.inTurn(r)
}

// inTurn checks that the export of a list leaves none of its numbers out.
func (c *checker) inTurn(r audit.Record) error {
	if !c.head.Filter.IsList() {
		return nil
	}
	last := c.inList
	c.inList = r
	switch {
	case last.Opening == nil: // the first one: what was before it can have been removed
		return nil
	case r.Opening.Number != last.Opening.Number+1 || r.Opening.Previous != last.Seq:
		return &audit.Fault{
			Kind: audit.Missing, First: last.Seq + 1, Last: r.Seq,
			Detail: fmt.Sprintf("number %d of the list follows number %d", r.Opening.Number, last.Opening.Number),
		}
	}
	return nil
}

func (c *checker) end() error {
	if !c.head.Whole {
		return c.outgrown()
	}
	tree := c.Edge()
	if size := tree.Size(); size < c.head.Size {
		return &audit.Fault{Kind: audit.Truncated, First: size, Last: c.head.Size - 1, Detail: "the export ends before its header says"}
	}
	if tree.Root() != c.head.Root {
		vouched := c.Report().Vouched
		return &audit.Fault{
			Kind: audit.Rewritten, First: vouched, Last: max(vouched, tree.Size()-1),
			Detail: "the entries do not have the root that the header says",
		}
	}
	if err := c.Accounted(); err != nil {
		return err
	}
	return c.outgrown()
}

func (c *checker) result() audit.Report {
	r := c.Report()
	if !c.head.Whole {
		r.Entries, r.Root, r.Checkpoints, r.Vouched = c.seen, c.head.Root, c.agreed, c.seen
	}
	return r
}

func unmarshalStrict(line []byte, into any) error {
	dec := json.NewDecoder(bytes.NewReader(line))
	dec.DisallowUnknownFields()
	return dec.Decode(into)
}
