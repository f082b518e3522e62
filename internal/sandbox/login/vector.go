package login

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/patient-care-aggregator/aggregator/internal/sandbox/citizens"
)

// defaultVTR is assumed when a request has none (Federation interface
// specification, table 1.1).
const defaultVTR = `["P9.Cp.Cd","P9.Cp.Ck","P9.Cm"]`

var errVTR = errors.New("vtr is not a JSON array of vectors of trust")

// vector is one vector of trust, such as P9.Cp.Cd: proofing level and credentials.
type vector struct {
	text        string
	proofing    string
	credentials []string
}

// parseVTR reads the vtr parameter; an empty one is the default.
func parseVTR(text string) ([]vector, error) {
	if text == "" {
		text = defaultVTR
	}
	var texts []string
	if err := json.Unmarshal([]byte(text), &texts); err != nil || len(texts) == 0 {
		return nil, errVTR
	}
	out := make([]vector, 0, len(texts))
	for _, t := range texts {
		v, err := parseVector(t)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

func parseVector(text string) (vector, error) {
	v := vector{text: text}
	for _, part := range strings.Split(text, ".") {
		switch part {
		case "P0", "P5", "P9":
			if v.proofing != "" {
				return v, fmt.Errorf("%w: %q names two proofing levels", errVTR, text)
			}
			v.proofing = part
		case "Cp", "Cd", "Ck", "Cm":
			v.credentials = append(v.credentials, part)
		default:
			return v, fmt.Errorf("%w: %q has the unknown component %q", errVTR, text, part)
		}
	}
	if v.proofing == "" || len(v.credentials) == 0 {
		return v, fmt.Errorf("%w: %q has no proofing level or no credential", errVTR, text)
	}
	return v, nil
}

// strength orders vectors: proofing first, then the strongest credential.
func (v vector) strength() int {
	credential := 0
	for _, c := range v.credentials {
		credential = max(credential, slices.Index([]string{"Cp", "Cd", "Ck", "Cm"}, c)+1)
	}
	return 10*proofing(v.proofing) + credential
}

func proofing(level string) int { return slices.Index([]string{"P0", "P5", "P9"}, level) }

// metBy reports whether a citizen can show all that the vector asks.
func (v vector) metBy(c citizens.Citizen) bool {
	if proofing(c.Proofing) < proofing(v.proofing) {
		return false
	}
	return !slices.ContainsFunc(v.credentials, func(need string) bool { return !slices.Contains(c.Credentials, need) })
}

// strongest returns the strongest of the asked vectors that a citizen meets.
func strongest(asked []vector, c citizens.Citizen) (string, bool) {
	best := -1
	text := ""
	for _, v := range asked {
		if v.metBy(c) && v.strength() > best {
			best, text = v.strength(), v.text
		}
	}
	return text, best >= 0
}

// own is the vector that a citizen has, requested or not. The real NHS login would
// make them prove more; the sandbox lets them pass, so that the service's check of
// vot has something to refuse.
func own(c citizens.Citizen) string {
	for _, credentials := range [][]string{{"Cm"}, {"Cp", "Ck"}, {"Cp", "Cd"}, {"Cp"}} {
		v := vector{text: c.Proofing + "." + strings.Join(credentials, "."), proofing: c.Proofing, credentials: credentials}
		if v.metBy(c) {
			return v.text
		}
	}
	return c.Proofing
}
