package organisation

import (
	_ "embed"
	"encoding/csv"
	"fmt"
	"strings"

	"github.com/patient-care-aggregator/aggregator/internal/referral"
)

//go:embed bundled.csv
var bundled string // go:embed needs a package variable; it is never written

// Bundled are the names of England's acute hospital trusts by ODS code, for
// deployments without the live look-up and for times when it fails. They have no
// phones: a number that has changed is worse than no number. Surgeries and sites are
// not among them. They were written down in November 2026.
func Bundled() (map[string]referral.Organisation, error) {
	rows, err := csv.NewReader(strings.NewReader(bundled)).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("read bundled organisations: %w", err)
	}
	names := make(map[string]referral.Organisation, len(rows))
	for _, row := range rows[1:] {
		code, name := row[0], row[1]
		if _, repeated := names[code]; repeated || !isCode(code) || name == "" {
			return nil, fmt.Errorf("read bundled organisations: the row of %q is faulty", code)
		}
		names[code] = referral.Organisation{ODSCode: code, Name: name}
	}
	return names, nil
}
