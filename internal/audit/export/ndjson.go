package export

import (
	"bufio"
	"encoding/json"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
)

// version is that of the form of the export.
const version = 2

// header is the first line of an NDJSON export.
type header struct {
	Version int          `json:"auditExport"`
	Size    int64        `json:"size"` // entries in the log when the export began
	Root    tlog.Hash    `json:"root"` // of the tree of that size
	Whole   bool         `json:"whole"`
	MadeAt  time.Time    `json:"madeAt"`
	Filter  audit.Filter `json:"filter"`
	// Unsigned says that no checkpoint was made for it.
	Unsigned bool `json:"unsigned,omitempty"`
}

// line is any other line.
type line struct {
	Seq     int64           `json:"seq"`
	Leaf    json.RawMessage `json:"leaf"`              // exactly the bytes that were hashed
	Opening *audit.Opening  `json:"opening,omitempty"` // absent: it was removed
	// ErasedBy is the entry of the erasure that removed the opening; absent: none did.
	ErasedBy int64       `json:"erasedBy,omitempty"`
	Proof    []tlog.Hash `json:"proof,omitempty"`
}

type ndjsonWriter struct {
	w     *bufio.Writer
	head  header
	prove func(seq int64) (tlog.RecordProof, error) // nil: no proofs
	enc   *json.Encoder
}

func (x *ndjsonWriter) begin() error {
	x.enc = json.NewEncoder(x.w)
	x.enc.SetEscapeHTML(false) // a leaf has to stay as it is
	return x.enc.Encode(x.head)
}

func (x *ndjsonWriter) record(r audit.Record) error {
	l := line{Seq: r.Seq, Leaf: r.Leaf, Opening: r.Opening, ErasedBy: r.ErasedBy}
	if x.prove != nil {
		proof, err := x.prove(r.Seq)
		if err != nil {
			return err
		}
		l.Proof = proof
	}
	return x.enc.Encode(l)
}

func (x *ndjsonWriter) end() error { return nil }
