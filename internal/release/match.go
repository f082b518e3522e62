package release

import (
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/citizen"
)

// Matches reports whether an answer that somebody kept is what an entry released to a
// citizen. White space between the parts of JSON does not count; its spelling does.
// Nothing is kept for this: the entry has a digest under the citizen's own secret, which
// goes when they are erased.
func Matches(who citizen.Citizen, e audit.Entry, answer []byte) bool {
	sums := [][32]byte{sha256.Sum256(answer)} // a file or a page
	if undated, err := undatedJSON(answer); err == nil {
		sums = append(sums, sha256.Sum256(undated))
	}
	return slices.ContainsFunc(sums, func(sum [32]byte) bool {
		digest := encoded(who.KeyedDigest(answerDigest, sum[:]))
		return subtle.ConstantTimeCompare([]byte(digest), []byte(e.Digest)) == 1
	})
}

// undatedJSON is an answer as [Reading.JSON] sums it: without the times that change by
// themselves.
func undatedJSON(answer []byte) ([]byte, error) {
	members, err := membersOf(answer)
	if err != nil {
		return nil, err
	}
	for i := range members {
		switch members[i].name {
		case "asOf":
			members[i].value = []byte("null")
		case "sources":
			var sources []json.RawMessage
			if err := json.Unmarshal(members[i].value, &sources); err != nil {
				return nil, fmt.Errorf("read sources: %w", err)
			}
			for j, source := range sources {
				of, err := membersOf(source)
				if err != nil {
					return nil, err
				}
				for k := range of {
					if of[k].name == "fetchedAt" || of[k].name == "lastTry" {
						of[k].value = []byte("null")
					}
				}
				sources[j] = joined(of)
			}
			members[i].value = slices.Concat([]byte("["), bytes.Join(raw(sources), []byte(",")), []byte("]"))
		}
	}
	return joined(members), nil
}

// jsonMember is a member of an object, with its value as it was spelt.
type jsonMember struct {
	name  string
	value []byte
}

// membersOf reads an object. Only white space is lost.
func membersOf(object []byte) ([]jsonMember, error) {
	compact := jsontext.Value(bytes.Clone(object))
	if err := compact.Compact(jsontext.AllowInvalidUTF8(true)); err != nil {
		return nil, fmt.Errorf("read answer: %w", err)
	}
	d := jsontext.NewDecoder(bytes.NewReader(compact))
	if first, err := d.ReadToken(); err != nil || first.Kind() != '{' {
		return nil, fmt.Errorf("read answer: not an object: %w", err)
	}
	var members []jsonMember
	for d.PeekKind() != '}' {
		name, err := d.ReadToken()
		if err != nil {
			return nil, fmt.Errorf("read answer: %w", err)
		}
		m := jsonMember{name: name.String()}
		value, err := d.ReadValue()
		if err != nil {
			return nil, fmt.Errorf("read answer: %w", err)
		}
		m.value = bytes.Clone(value)
		members = append(members, m)
	}
	return members, nil
}

func joined(members []jsonMember) []byte {
	out := []byte("{")
	for i, m := range members {
		if i > 0 {
			out = append(out, ',')
		}
		out, _ = jsontext.AppendQuote(out, m.name) // the names are ours: plain ASCII
		out = append(append(out, ':'), m.value...)
	}
	return append(out, '}')
}

func raw(list []json.RawMessage) [][]byte {
	out := make([][]byte, len(list))
	for i, each := range list {
		out[i] = each
	}
	return out
}
