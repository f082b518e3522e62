package export

import (
	"bufio"
	"encoding/csv"
	"regexp"
	"strconv"
	"strings"
	"time"

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
		"seq", "at", "kind", "outcome", "actor", "list", "citizen_seq", "client", "purpose", "reason", "act", "ground", "case", "note", "consent", "event",
		"scopes", "notice", "referrals", "referrals_digest", "digest", "policy", "value_sets", "stale", "partial", "as_of", "age", "before",
		"correlation_id", "opening", "leaf_hash",
	})
}

func (x *csvWriter) record(r audit.Record) error {
	e, err := r.Entry()
	if err != nil {
		return err
	}
	opening, asOf := "", ""
	if r.Opening == nil {
		opening = "removed"
	}
	if r.ErasedBy > 0 {
		opening = "erased by entry " + strconv.FormatInt(r.ErasedBy, 10)
	}
	if !e.AsOf.IsZero() {
		asOf = e.AsOf.UTC().Format(time.RFC3339)
	}
	row := []string{
		strconv.FormatInt(r.Seq, 10), audit.LeafTime(e.At), string(e.Kind), string(e.Outcome), string(e.Actor),
		e.List.String(), number(e.Number), string(e.Client), e.Purpose, e.Reason, e.Act, e.Ground, e.Case, e.Note, e.Consent, number(e.Event),
		strings.Join(e.Scopes, " "), e.Notice, strconv.Itoa(e.Referrals), e.ReferralsDigest, e.Digest, e.Policy, e.ValueSets,
		strconv.FormatBool(e.Stale), strconv.FormatBool(e.Partial), asOf, number(int64(e.Age / time.Second)), number(e.Before),
		e.CorrelationID, opening, audit.LeafHash(r.Leaf).String(),
	}
	for i := range row {
		row[i] = inert(row[i])
	}
	return x.w.Write(row)
}

// number is empty where there is nothing to number.
func number(n int64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
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
