package export

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
)

// ErrNotExport says that a file is not an NDJSON export of [Write], or was cut
// short in the middle of a line.
var ErrNotExport = errors.New("not an audit export")

// maxLine bounds a line: a leaf, its correlation and a proof.
const maxLine = audit.MaxLeaf + 64<<10

// Check proves an NDJSON export without the database: it needs the file
// and the checkpoints (verified notes, see checkpoint.Open). A whole export is
// hashed again, in constant memory, and compared with every checkpoint; in a
// filtered one each entry's own proof is checked, and a checkpoint of exactly the
// export's size has to vouch for it. The first entry that is wrong comes back as
// a *[audit.Fault]. That a filtered export leaves nothing out cannot be proved.
func Check(export io.Reader, known ...audit.Checkpoint) (audit.Report, error) {
	lines := bufio.NewScanner(export)
	lines.Buffer(make([]byte, 0, 16<<10), maxLine)
	var head header
	if !lines.Scan() || unmarshalStrict(lines.Bytes(), &head) != nil || head.Version != 1 {
		return audit.Report{}, errors.Join(ErrNotExport, lines.Err())
	}
	c := checker{head: head}
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
	agreed int // checkpoints of exactly a filtered export's size and root
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
	r := audit.Record{Seq: l.Seq, Leaf: l.Leaf, Correlation: l.Correlation}
	if len(l.Leaf) == 0 {
		if l.Hash == nil || !c.head.Whole {
			return audit.FaultAt(audit.Missing, l.Seq, "neither body nor hash is there")
		}
		r.Leaf = nil
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
	leaf := l.Hash
	if r.Leaf != nil {
		h := audit.LeafHash(r.Leaf)
		leaf = &h
	}
	r.Hashes = grown.Append(*leaf)
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
	if err := c.CheckBody(r); err != nil {
		return err
	}
	e, err := r.Entry()
	if err != nil {
		return err
	}
	if !c.head.Filter.Matches(e) {
		return audit.FaultAt(audit.OutOfPlace, r.Seq, "the export's filter does not choose it")
	}
	return nil
}

func (c *checker) end() error {
	if !c.head.Whole {
		return nil
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
	if seq, missing := c.Unaccounted(); missing {
		return audit.FaultAt(audit.Missing, seq, "its body is gone and no pruning accounts for it")
	}
	return nil
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
