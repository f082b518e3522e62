package audit

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/patient-care-aggregator/aggregator/internal/citizen"
)

func day(n int) time.Time { return time.Date(2026, 11, n, 12, 30, 0, 5, time.UTC) }

func sample() Entry {
	return Entry{
		Kind: DataReleased, At: day(1), Citizen: "PSEUDONYM", Client: "app-one",
		Actor: ActorCitizen, Purpose: "timeline", Outcome: Succeeded, Digest: "digest", CorrelationID: "correlation",
	}
}

func TestLeaf(t *testing.T) {
	full := Entry{
		Kind: Pruned, At: time.Date(2026, 11, 3, 12, 0, 0, 1000, time.FixedZone("", 3600)),
		Citizen: "REF", Client: "app", Actor: ActorService, Purpose: "timeline", Outcome: Refused, Reason: "a <b> & c",
		Consent: "c1", Scopes: []string{"timeline:read"}, Notice: "2026-11-01", Referrals: []string{"r1", "r2"},
		Digest: "d", Policy: "p", ValueSets: "v", CorrelationID: "id", Before: 7,
	}

	t.Run("its form never changes", func(t *testing.T) {
		leaf, err := Encode(full, Salt{1})
		if err != nil {
			t.Fatal(err)
		}
		const want = `{"v":1,"at":"2026-11-03T11:00:00.000001000Z","kind":"pruned","outcome":"refused","actor":"service",` +
			`"citizen":"REF","client":"app","purpose":"timeline","reason":"a <b> & c","consent":"c1","scopes":["timeline:read"],` +
			`"notice":"2026-11-01","referrals":["r1","r2"],"digest":"d","policy":"p","valueSets":"v","before":7,` +
			`"correlation":"bT676eaOQ1ASd2vqqb3V7Fjh7zbqX5KpbZGRUXEi9-s"}`
		if diff := cmp.Diff(want, string(leaf)); diff != "" {
			t.Error(diff)
		}
		small, err := Encode(Entry{Kind: SignedIn, Outcome: Failed, At: day(1)}, Salt{})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(`{"v":1,"at":"2026-11-01T12:30:00.000000005Z","kind":"sign_in","outcome":"failure"}`, string(small)); diff != "" {
			t.Error(diff)
		}
	})

	t.Run("whatever is written reads back, but for the correlation id", func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) {
			text := rapid.StringN(0, 20, -1)
			e := Entry{
				Kind: Kind(rapid.StringN(1, 10, -1).Draw(t, "kind")), Outcome: Succeeded,
				At:      time.Unix(rapid.Int64Range(0, 4e9).Draw(t, "seconds"), rapid.Int64Range(0, 999_999_999).Draw(t, "ns")).UTC(),
				Citizen: citizen.Ref(text.Draw(t, "citizen")), Reason: text.Draw(t, "reason"),
				Scopes: []string{text.Draw(t, "scope")}, CorrelationID: text.Draw(t, "id"),
			}
			if e.Kind == Pruned {
				e.Before = 1
			}
			leaf, err := Encode(e, Salt{2})
			if err != nil {
				t.Fatal(err)
			}
			got, commitment, err := Decode(leaf)
			if err != nil {
				t.Fatal(err)
			}
			if (e.CorrelationID != "") != (Correlation{Salt{2}, e.CorrelationID}.Opens(commitment)) {
				t.Errorf("commitment %v to %q", commitment, e.CorrelationID)
			}
			e.CorrelationID = ""
			if diff := cmp.Diff(e, got); diff != "" {
				t.Error(diff)
			}
		})
	})

	t.Run("an entry without kind, outcome or time, or too large, is refused", func(t *testing.T) {
		for name, e := range map[string]Entry{
			"no kind":                {Outcome: Succeeded, At: day(1)},
			"no outcome":             {Kind: SignedIn, At: day(1)},
			"no time":                {Kind: SignedIn, Outcome: Succeeded},
			"a year of five digits":  {Kind: SignedIn, Outcome: Succeeded, At: time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC)},
			"too large":              {Kind: SignedIn, Outcome: Succeeded, At: day(1), Reason: strings.Repeat("x", MaxLeaf)},
			"pruning nothing":        {Kind: Pruned, Outcome: Succeeded, At: day(1)},
			"pruning by a sign-in":   {Kind: SignedIn, Outcome: Succeeded, At: day(1), Before: 3},
			"pruning a negative one": {Kind: Pruned, Outcome: Succeeded, At: day(1), Before: -3},
		} {
			if _, err := Encode(e, Salt{}); !errors.Is(err, ErrInvalidEntry) {
				t.Errorf("%s: %v", name, err)
			}
		}
	})

	t.Run("another spelling of the same entry is no leaf", func(t *testing.T) {
		leaf, err := Encode(sample(), Salt{})
		if err != nil {
			t.Fatal(err)
		}
		good := string(leaf)
		for name, bad := range map[string]string{
			"nothing":         "",
			"space":           strings.Replace(good, ",", ", ", 1),
			"another order":   strings.Replace(good, `"kind":"data_released","outcome":"success"`, `"outcome":"success","kind":"data_released"`, 1),
			"unknown field":   strings.Replace(good, `{`, `{"x":1,`, 1),
			"twice a field":   strings.Replace(good, `"v":1`, `"v":1,"v":1`, 1),
			"another version": strings.Replace(good, `"v":1`, `"v":2`, 1),
			"a short time":    strings.Replace(good, `.000000005Z`, `Z`, 1),
			"an escape":       strings.Replace(good, `timeline`, `\u0074imeline`, 1),
			"something after": good + "{}",
			"half":            good[:len(good)/2],
			"bad commitment":  strings.Replace(good, `"correlation":"`, `"correlation":"!`, 1),
			"long commitment": strings.Replace(good, `"correlation":"`, `"correlation":"AAAAAAAA`, 1),
		} {
			if _, _, err := Decode([]byte(bad)); !errors.Is(err, ErrNotLeaf) {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

func FuzzDecode(f *testing.F) {
	leaf, err := Encode(sample(), Salt{})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(leaf)
	f.Add([]byte(`{"v":1,"at":"2026-11-01T12:30:00.000000005Z","kind":"sign_in","outcome":"failure"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		e, commitment, err := Decode(data)
		if err != nil {
			return
		}
		text := ""
		if commitment != (Commitment{}) {
			text = commitment.String()
		}
		again, err := encode(e, text)
		if err != nil || string(again) != string(data) {
			t.Errorf("%q was taken and would be written as %q, %v", data, again, err)
		}
	})
}
