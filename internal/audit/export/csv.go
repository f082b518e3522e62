package export

import (
	"encoding/csv"
	"io"
	"strconv"
	"strings"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
)

type csvWriter struct{ w *csv.Writer }

func newCSVWriter(w io.Writer) *csvWriter { return &csvWriter{w: csv.NewWriter(w)} }

func (x *csvWriter) begin() error {
	return x.w.Write([]string{
		"seq", "at", "kind", "outcome", "actor", "citizen", "client", "purpose", "reason", "consent",
		"scopes", "notice", "referrals", "digest", "policy", "value_sets", "before", "correlation_id", "leaf_hash",
	})
}

func (x *csvWriter) record(r audit.Record) error {
	if r.Leaf == nil {
		return nil
	}
	e, err := r.Entry()
	if err != nil {
		return err
	}
	row := []string{
		strconv.FormatInt(r.Seq, 10), audit.LeafTime(e.At), string(e.Kind), string(e.Outcome), string(e.Actor),
		string(e.Citizen), string(e.Client), e.Purpose, e.Reason, e.Consent,
		strings.Join(e.Scopes, " "), e.Notice, strings.Join(e.Referrals, " "), e.Digest, e.Policy, e.ValueSets,
		strconv.FormatInt(e.Before, 10), e.CorrelationID, audit.LeafHash(r.Leaf).String(),
	}
	for i := range row {
		row[i] = inert(row[i])
	}
	return x.w.Write(row)
}

// inert keeps a spreadsheet from taking a cell for a formula (OWASP, CSV
// injection): such a cell gets an apostrophe in front.
func inert(cell string) string {
	if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
		return "'" + cell
	}
	return cell
}

func (x *csvWriter) end() error {
	x.w.Flush()
	return x.w.Error()
}
