package export

import (
	"bufio"
	"encoding/csv"
	"regexp"
	"strconv"
	"strings"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
)

// csvWriter writes CSV (RFC 4180) that spreadsheets open as it is meant: with a byte
// order mark, because they take a file without one for Windows-1252.
type csvWriter struct {
	out *bufio.Writer
	w   *csv.Writer
}

func newCSVWriter(w *bufio.Writer) *csvWriter {
	x := &csvWriter{out: w, w: csv.NewWriter(w)}
	x.w.UseCRLF = true
	return x
}

func (x *csvWriter) begin() error {
	if _, err := x.out.WriteString("\ufeff"); err != nil {
		return err
	}
	return x.w.Write([]string{
		"seq", "at", "kind", "outcome", "actor", "citizen", "client", "purpose", "reason", "consent",
		"scopes", "notice", "referrals", "digest", "policy", "value_sets", "before", "correlation_id", "leaf_hash",
	})
}

func (x *csvWriter) record(r audit.Record) error {
	row := []string{strconv.FormatInt(r.Seq, 10)}
	if r.Leaf == nil { // retention removed what it said; that it was there is not left out
		row = append(row, make([]string, 18)...)
		row[2] = "removed"
		row[18] = r.Hashes[0].String()
		return x.w.Write(row)
	}
	e, err := r.Entry()
	if err != nil {
		return err
	}
	row = append(row,
		audit.LeafTime(e.At), string(e.Kind), string(e.Outcome), string(e.Actor),
		string(e.Citizen), string(e.Client), e.Purpose, e.Reason, e.Consent,
		strings.Join(e.Scopes, " "), e.Notice, strings.Join(e.Referrals, " "), e.Digest, e.Policy, e.ValueSets,
		strconv.FormatInt(e.Before, 10), e.CorrelationID, audit.LeafHash(r.Leaf).String())
	for i := range row {
		row[i] = inert(row[i])
	}
	return x.w.Write(row)
}

// formula is how a spreadsheet tells a formula, at the beginning of a cell or behind what
// it may take for the end of one.
var formula = regexp.MustCompile(`(^|[;\t\r\n][ ]*)([=+\-@\t\r])`)

// inert keeps a spreadsheet from taking a cell for a formula (OWASP, CSV
// injection): an apostrophe stands in front. Digests and pseudonyms can begin so too.
func inert(cell string) string { return formula.ReplaceAllString(cell, "$1'$2") }

func (x *csvWriter) end() error {
	x.w.Flush()
	return x.w.Error()
}
