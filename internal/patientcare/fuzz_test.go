package patientcare

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/patient-care-aggregator/aggregator/internal/aggregate"
	"github.com/patient-care-aggregator/aggregator/internal/citizen"
)

// FuzzReadBundle reads whatever bytes e-RS could send.
func FuzzReadBundle(f *testing.F) {
	for _, seed := range seeds(f) {
		f.Add(seed)
	}
	promise := newPromise(f)
	f.Fuzz(func(t *testing.T, body []byte) { promise.check(t, body) })
}

// FuzzReadSpoiltBundle reads good answers with parts that have been put out of
// shape: nearly all of them are JSON.
func FuzzReadSpoiltBundle(f *testing.F) {
	f.Fuzz(rapid.MakeFuzz(spoiltBundle(f)))
}

func TestSpoiltBundles(t *testing.T) { rapid.Check(t, spoiltBundle(t)) }

func spoiltBundle(t testing.TB) func(*rapid.T) {
	promise := newPromise(t)
	var good []any
	for _, seed := range seeds(t)[:7] {
		var tree any
		if err := json.Unmarshal(seed, &tree); err != nil {
			t.Fatal(err)
		}
		good = append(good, tree)
	}
	return func(t *rapid.T) {
		tree := rapid.SampledFrom(good).Draw(t, "bundle")
		for range rapid.IntRange(0, 5).Draw(t, "spoils") {
			tree = spoil(t, tree)
		}
		body, err := json.Marshal(tree)
		if err != nil {
			t.Fatal(err)
		}
		promise.check(t, body)
	}
}

// spoil goes down to some place and changes the value there.
func spoil(t *rapid.T, v any) any {
	deeper := rapid.IntRange(0, 9).Draw(t, "deeper") > 0
	switch v := v.(type) {
	case map[string]any:
		if names := slices.Sorted(maps.Keys(v)); deeper && len(names) > 0 {
			name := rapid.SampledFrom(names).Draw(t, "name")
			return with(v, name, spoil(t, v[name]))
		}
	case []any:
		if deeper && len(v) > 0 {
			i := rapid.IntRange(0, len(v)-1).Draw(t, "place")
			changed := slices.Clone(v)
			changed[i] = spoil(t, v[i])
			return changed
		}
	}
	switch rapid.IntRange(0, 4).Draw(t, "how") {
	case 0:
		return []any{v, v}
	case 1:
		return []any{[]any{v}}
	case 2:
		return drawValue(t, 2)
	case 3:
		return rapid.SampledFrom([]any{ownNumber, otherNumber, "Patient/" + otherNumber, systemNHSNumber, "2025-08-06", kindTask, "r.2"}).Draw(t, "text")
	}
	return nil
}

// drawValue draws any value, with keys and texts that a reader could trip over.
func drawValue(t *rapid.T, depth int) any {
	texts := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"resourceType", "value", "system", `\"}]`, `a\`, "{[,:", "Task", "\u2028", ""}))
	kind := rapid.IntRange(0, 6).Draw(t, "kind")
	if depth == 0 {
		kind %= 5
	}
	switch kind {
	case 0:
		return nil
	case 1:
		return rapid.Bool().Draw(t, "bool")
	case 2:
		return rapid.Float64Range(-1e9, 1e9).Draw(t, "number")
	case 5:
		list := make([]any, rapid.IntRange(0, 3).Draw(t, "length"))
		for i := range list {
			list[i] = drawValue(t, depth-1)
		}
		return list
	case 6:
		members := map[string]any{}
		for range rapid.IntRange(0, 4).Draw(t, "members") {
			members[texts.Draw(t, "name")] = drawValue(t, depth-1)
		}
		return members
	}
	return texts.Draw(t, "text")
}

// promise is what holds of every answer: nothing panics, no entry is dropped without
// a notice, nobody else's data is read, no error repeats what was sent, and the
// order of the entries changes nothing.
type promise struct {
	owner citizen.Citizen
	where *time.Location
}

func newPromise(t testing.TB) promise {
	t.Helper()
	return promise{owner: citizen.New("ref", own(t), [32]byte{1}), where: london(t)}
}

type failing interface {
	Fatalf(format string, args ...any)
}

func (p promise) check(t failing, body []byte) {
	read, err := readBundle(body, p.owner.NHSNumber)
	if err != nil {
		var failure *aggregate.Failure
		if !errors.As(err, &failure) {
			t.Fatalf("%v is not a Failure", err)
		}
		if strings.ContainsAny(err.Error(), "0123456789") {
			t.Fatalf("the error repeats what was sent: %v", err)
		}
		return
	}
	read.join(p.where)
	facts := read.facts(p.owner, p.where)

	var tree any
	if err := json.Unmarshal(body, &tree); err != nil {
		t.Fatalf("read what is not JSON: %v", err)
	}
	if number := foreignIn(tree); number != "" {
		t.Fatalf("read an answer that names %s", number)
	}
	entries, occursOnce := entriesIn(body)
	if !occursOnce {
		return
	}
	if held := accounted(read); held != len(entries) {
		t.Fatalf("%d entries, %d accounted for: shown %d, unreadable %v, counted %v", len(entries), held, len(read.referrals), read.unreadable, read.counted)
	}
	slices.Reverse(entries)
	backwards, err := json.Marshal(object{"resourceType": "Bundle", "entry": entries})
	if err != nil {
		t.Fatalf("encode: %v", err)
	}
	again, err := readBundle(backwards, p.owner.NHSNumber)
	if err != nil {
		t.Fatalf("backwards it is refused: %v", err)
	}
	again.join(p.where)
	if diff := cmp.Diff(sorted(facts), sorted(again.facts(p.owner, p.where))); diff != "" {
		t.Fatalf("backwards it says something else: %s", diff)
	}
}

func sorted[T any](list []T) []string {
	texts := make([]string, len(list))
	for i, item := range list {
		text, err := json.Marshal(item)
		if err != nil {
			return []string{err.Error()}
		}
		texts[i] = string(text)
	}
	slices.Sort(texts)
	return texts
}

// entriesIn is the entries as they were sent, lists in the list flattened. It is
// false where a member occurs twice: encoding/json, which the check reads with,
// sees the last one only.
func entriesIn(body []byte) ([]json.RawMessage, bool) {
	if bytes.Count(bytes.ToLower(body), []byte(`"entry"`)) != 1 || bytes.Contains(body, []byte(`\u`)) {
		return nil, false
	}
	var b struct {
		Entry json.RawMessage `json:"entry"`
	}
	if json.Unmarshal(body, &b) != nil {
		return nil, false
	}
	if b.Entry == nil || string(b.Entry) == "null" {
		return nil, true
	}
	var lay func(raw json.RawMessage) []json.RawMessage
	lay = func(raw json.RawMessage) []json.RawMessage {
		var list []json.RawMessage
		if json.Unmarshal(raw, &list) != nil || list == nil {
			return []json.RawMessage{raw}
		}
		var all []json.RawMessage
		for _, inner := range list {
			all = append(all, lay(inner)...)
		}
		return all
	}
	return lay(b.Entry), true
}

// foreignIn looks for another NHS number by other means than the code it checks.
func foreignIn(v any) string {
	switch v := v.(type) {
	case map[string]any:
		if system, _ := v["system"].(string); system == systemNHSNumber {
			if number, _ := v["value"].(string); number != "" && strings.NewReplacer(" ", "", "-", "", "\u00a0", "").Replace(number) != ownNumber {
				return number
			}
		}
		for _, member := range v {
			if number := foreignIn(member); number != "" {
				return number
			}
		}
	case []any:
		for _, element := range v {
			if number := foreignIn(element); number != "" {
				return number
			}
		}
	}
	return ""
}

func seeds(t testing.TB) [][]byte {
	t.Helper()
	r, a, k := referralOf(1), appointmentOf(1), taskOf(1)
	return [][]byte{
		bundleOf(t), bundleOf(t, r), bundleOf(t, r, a), bundleOf(t, r, k, referralOf(2), appointmentOf(2)), bundleOf(t, r, r, a, a, k, k),
		bundleOf(t, with(r, "subject", identified(systemNHSNumber, otherNumber))),
		bundleOf(t, with(r, "subject", object{"reference": "Patient/" + otherNumber})),
		bundleOf(t, with(a, "start", nil), with(a, "start", "soon"), with(a, "status", "cancelled")),
		bundleOf(t, with(r, "contained", 5, "extension", "x"), nil, "x", []any{r, []any{k}}),
		bundleOf(t, object{"resourceType": kindOutcome, "issue": []any{object{"severity": "information", "code": "x", "expression": "y"}}}),
		[]byte(`{"resourceType":"Bundle","type":"searchset","total":"3","link":[{"relation":"next"}],"entry":{"resource":{"resourceType":"Zebra"}}}`),
		[]byte(`{"entry":[{"resource":{"resourceType":"Task","for":{"identifier":{"value":9990000018,"system":"nhs-number"}}}}],"resourceType":"Bundle"}`),
		[]byte(`{"resourceType":"Bundle","entry":[[],[[null]],{"RESOURCE":{"id":1}}]}`),
		[]byte("null"), []byte("[]"), []byte("{"),
	}
}
