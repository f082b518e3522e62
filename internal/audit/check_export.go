package audit

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
)

// ErrNotExport says that a file is no NDJSON export of [Export], or was cut
// short in the middle of a line.
var ErrNotExport = errors.New("not an audit export")

// maxExportLine bounds a line: a leaf, its correlation and a proof.
const maxExportLine = MaxLeaf + 64<<10

// CheckExport proves an NDJSON export without the database: it needs the file
// and the checkpoints (verified notes, see [OpenCheckpoint]). A whole export is
// hashed anew, in constant memory, and compared with every checkpoint; in a
// filtered one each entry's own proof is checked, and a checkpoint of exactly the
// export's size has to vouch for it. The first entry that is wrong comes back as
// a *[Fault]. That a filtered export leaves nothing out cannot be proved.
func CheckExport(export io.Reader, known ...Checkpoint) (Report, error) {
	lines := bufio.NewScanner(export)
	lines.Buffer(make([]byte, 0, 16<<10), maxExportLine)
	var head exportHead
	if !lines.Scan() || unmarshalStrict(lines.Bytes(), &head) != nil || head.Version != 1 {
		return Report{}, errors.Join(ErrNotExport, lines.Err())
	}
	c := exportChecker{head: head}
	c.known = slices.SortedFunc(slices.Values(known), func(a, b Checkpoint) int { return cmp.Compare(a.Size, b.Size) })
	if err := c.begin(); err != nil {
		return c.result(), err
	}
	for lines.Scan() {
		var l exportLine
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

// exportChecker is a verifier whose records come from a file.
type exportChecker struct {
	verifier
	head exportHead
	seen int64
}

func (c *exportChecker) begin() error {
	if c.head.Whole {
		return c.checkpoints()
	}
	for _, k := range c.known {
		if k.Size == c.head.Size && k.Root == c.head.Root {
			c.agreed++
		}
	}
	if c.agreed == 0 {
		return &Fault{Kind: NotVouched, First: 0, Last: max(0, c.head.Size-1), Detail: "no checkpoint is of the size and root that the export was made at"}
	}
	return nil
}

func (c *exportChecker) line(l exportLine) error {
	r := Record{Seq: l.Seq, Leaf: l.Leaf, Correlation: l.Correlation}
	if len(l.Leaf) == 0 {
		if l.Hash == nil || !c.head.Whole {
			return faultAt(Missing, l.Seq, "neither body nor hash is there")
		}
		r.Leaf = nil
	}
	if !c.head.Whole {
		if err := checkRecord(l.Proof, c.head.Size, c.head.Root, l.Seq, LeafHash(l.Leaf)); err != nil {
			return faultAt(NotVouched, l.Seq, err.Error())
		}
		return c.filtered(r)
	}
	switch want := c.edge.Size(); {
	case l.Seq > want:
		return &Fault{Kind: Missing, First: want, Last: l.Seq - 1, Detail: "the export leaves it out"}
	case l.Seq < want:
		return faultAt(OutOfPlace, l.Seq, fmt.Sprintf("it stands where entry %d should", want))
	}
	// The tree is built from the lines, so each agrees with itself: what is wrong
	// shows at the next checkpoint, or at the header's root.
	leaf := l.Hash
	if r.Leaf != nil {
		h := LeafHash(r.Leaf)
		leaf = &h
	}
	grown := c.edge.Clone()
	r.Hashes = grown.Append(*leaf)
	return c.record(r)
}

// filtered checks what does not need the tree.
func (c *exportChecker) filtered(r Record) error {
	h := LeafHash(r.Leaf)
	r.Hashes = append(r.Hashes, h)
	if err := c.body(r); err != nil {
		return err
	}
	e, err := r.Entry()
	if err != nil {
		return err
	}
	if !c.head.Filter.Matches(e) {
		return faultAt(OutOfPlace, r.Seq, "the export's filter does not choose it")
	}
	return nil
}

func (c *exportChecker) end() error {
	if !c.head.Whole {
		return nil
	}
	if size := c.edge.Size(); size < c.head.Size {
		return &Fault{Kind: Truncated, First: size, Last: c.head.Size - 1, Detail: "the export ends before its header says"}
	}
	if c.edge.Root() != c.head.Root {
		return &Fault{
			Kind: Rewritten, First: c.vouched, Last: max(c.vouched, c.edge.Size()-1),
			Detail: "the entries do not have the root that the header says",
		}
	}
	if c.missing > c.before() {
		return faultAt(Missing, c.missing-1, "its body is gone and no pruning accounts for it")
	}
	return nil
}

func (c *exportChecker) result() Report {
	r := c.report()
	if !c.head.Whole {
		r.Entries, r.Root, r.Vouched = c.seen, c.head.Root, c.seen
	}
	return r
}

func unmarshalStrict(line []byte, into any) error {
	dec := json.NewDecoder(bytes.NewReader(line))
	dec.DisallowUnknownFields()
	return dec.Decode(into)
}
