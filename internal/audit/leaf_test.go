package audit

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/patient-care-aggregator/aggregator/internal/client"
)

func day(n int) time.Time { return time.Date(2026, 11, n, 12, 30, 0, 5, time.UTC) }

func sample() Entry {
	return Entry{
		Kind: DataReleased, At: day(1), Citizen: "PSEUDONYM", Client: "app-one",
		Actor: ActorCitizen, Purpose: "timeline", Outcome: Succeeded, Digest: "digest", CorrelationID: "correlation",
	}
}

// placed is a record of an entry, as the only one of its list.
func placed(t interface{ Fatal(args ...any) }, e Entry, list ListID) Record {
	p, err := Prepare(e)
	if err != nil {
		t.Fatal(err)
	}
	leaf, opening := p.Place(e.At, list, 1, -1)
	return Record{Leaf: leaf, Opening: opening}
}

func TestLeaf(t *testing.T) {
	t.Run("its form never changes", func(t *testing.T) {
		full := Entry{
			Kind: Pruned, At: time.Date(2026, 11, 3, 12, 0, 0, 1000, time.FixedZone("", 3600)), Client: "app", Actor: "staff:ada",
			Purpose: "timeline", Outcome: Refused, Reason: "a <b> & c", Consent: "c1", Event: 3, Scopes: []string{"timeline:read"}, Notice: "2026-11-01",
			Referrals: 4, ReferralsDigest: "rd", Digest: "d", Policy: "p", ValueSets: "v", Stale: true, Partial: true, AsOf: day(3), Age: 61 * time.Second,
			CorrelationID: "id", Before: 7,
		}
		p, err := Prepare(full)
		if err != nil {
			t.Fatal(err)
		}
		// The same entry with salts that a test can know.
		p.whoSalt, p.whatSalt, p.correlation.Salt = Salt{1}, Salt{2}, Salt{3}
		detail := `{"actor":"staff:ada","purpose":"timeline","reason":"a <b> & c","consent":"c1","event":3,"scopes":["timeline:read"],` +
			`"notice":"2026-11-01","referrals":4,"referralsDigest":"rd","digest":"d","correlation":"1bRrEKhrZhtMDwfbtfx78xdmzChd_Cs-kq4Fwv9ihOw"}`
		p.detail = []byte(detail)
		what := commitTo(Salt{2}, p.detail)
		p.tail = []byte(`,"kind":"pruned","outcome":"refused","actor":"staff","client":"app","policy":"p","valueSets":"v","stale":true,"partial":true,` +
			`"asOf":"2026-11-03T12:30:00Z","age":61,"before":7,"what":"` + what.String() + `"}`)
		leaf, o := p.Place(full.At, Service, 5, 2)
		const want = `{"v":2,"at":"2026-11-03T11:00:00.000001000Z","who":"P1Wc59YawkbMKf9zXbJE-IaU7d3i1ixbJ9Y0qKuE2qA",` +
			`"kind":"pruned","outcome":"refused","actor":"staff","client":"app","policy":"p","valueSets":"v","stale":true,"partial":true,` +
			`"asOf":"2026-11-03T12:30:00Z","age":61,"before":7,"what":"-ch9fd-xl6sNKMIupVMnUmTFK0O1dK-y8Kp2b9r0yYU"}`
		if diff := cmp.Diff(want, string(leaf)); diff != "" {
			t.Error(diff)
		}
		got, err := Record{Leaf: leaf, Opening: o}.Entry()
		full.At, full.List, full.Number, full.AsOf = full.At.UTC(), Service, 5, full.AsOf.Truncate(time.Second)
		if diff := cmp.Diff(full, got); diff != "" || err != nil {
			t.Error(diff, err)
		}
	})

	t.Run("whatever is written reads back, and without its opening says little", func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) {
			text := rapid.StringN(0, 20, -1)
			e := Entry{
				Kind: Kind(rapid.StringN(1, 10, -1).Draw(t, "kind")), Outcome: Succeeded, Actor: Actor(text.Draw(t, "actor")),
				At:     time.Unix(rapid.Int64Range(0, 4e9).Draw(t, "seconds"), rapid.Int64Range(0, 999_999_999).Draw(t, "ns")).UTC(),
				Reason: text.Draw(t, "reason"), Client: client.ID(text.Draw(t, "client")),
				Scopes: []string{text.Draw(t, "scope")}, CorrelationID: rapid.OneOf(text, rapid.SampledFrom([]string{"c0ffee00-0000-4000-8000-000000000001", "C0FFEE00-0000-4000-8000-000000000001", "c0ffee0000004000800000000000000-1", strings.Repeat("0", 17)})).Draw(t, "id"),
			}
			if e.Kind == Pruned {
				e.Before = 1
			}
			r := placed(t, e, ListID{7})
			stored, err := r.Opening.AppendBinary(nil)
			if err != nil {
				t.Fatal(err)
			}
			var again Opening
			if err := again.UnmarshalBinary(stored); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(*r.Opening, again); diff != "" {
				t.Error(diff)
			}
			e.List, e.Number = ListID{7}, 1
			got, err := r.Entry()
			if diff := cmp.Diff(e, got); diff != "" || err != nil {
				t.Error(diff, err)
			}
			r.Opening.Correlation, e.CorrelationID = nil, ""
			if got, err := r.Entry(); err != nil || !cmp.Equal(e, got) {
				t.Errorf("%+v, %v", got, err)
			}
			r.Opening = nil
			want := Entry{Kind: e.Kind, At: e.At, Outcome: e.Outcome, Actor: sortOf(e.Actor), Client: e.Client, Before: e.Before}
			if got, err := r.Entry(); err != nil || !cmp.Equal(want, got) {
				t.Errorf("%+v, %v", got, err)
			}
		})
	})

	t.Run("two leaves of one act of one citizen have nothing in common that tells whose they are", func(t *testing.T) {
		a, b := placed(t, sample(), ListID{7}), placed(t, sample(), ListID{7})
		if bytes.Equal(a.Leaf, b.Leaf) || a.Opening.WhoSalt == b.Opening.WhoSalt || a.Opening.WhatSalt == b.Opening.WhatSalt {
			t.Error("one salt twice")
		}
		for _, secret := range []string{"PSEUDONYM", ListID{7}.String(), "correlation", "timeline"} {
			if bytes.Contains(a.Leaf, []byte(secret)) {
				t.Errorf("%s is in %s", secret, a.Leaf)
			}
		}
	})

	t.Run("an opening of another entry opens nothing", func(t *testing.T) {
		other := sample()
		other.Digest = "other"
		r, o := placed(t, sample(), ListID{7}), placed(t, other, ListID{8}).Opening
		for name, change := range map[string]func(*Opening){
			"another's":             func(p *Opening) { *p = *o },
			"another list":          func(p *Opening) { p.List = ListID{8} },
			"another number":        func(p *Opening) { p.Number = 2 },
			"another detail":        func(p *Opening) { p.Detail = o.Detail },
			"a correlation id more": func(p *Opening) { p.Correlation = &Correlation{ID: "x"} },
		} {
			changed := *r.Opening
			change(&changed)
			if e, err := (Record{Leaf: r.Leaf, Opening: &changed}).Entry(); err == nil {
				t.Errorf("%s: %+v", name, e)
			}
		}
	})

	t.Run("an entry without kind, outcome or time, or too large, is refused", func(t *testing.T) {
		for name, e := range map[string]Entry{
			"no kind":                {Outcome: Succeeded, At: day(1)},
			"no outcome":             {Kind: SignedIn, At: day(1)},
			"no time":                {Kind: SignedIn, Outcome: Succeeded},
			"a year of five digits":  {Kind: SignedIn, Outcome: Succeeded, At: time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC)},
			"too large a detail":     {Kind: SignedIn, Outcome: Succeeded, At: day(1), Reason: strings.Repeat("x", MaxLeaf)},
			"too large a leaf":       {Kind: SignedIn, Outcome: Succeeded, At: day(1), Client: client.ID(strings.Repeat("x", MaxLeaf))},
			"pruning nothing":        {Kind: Pruned, Outcome: Succeeded, At: day(1)},
			"pruning by a sign-in":   {Kind: SignedIn, Outcome: Succeeded, At: day(1), Before: 3},
			"pruning a negative one": {Kind: Pruned, Outcome: Succeeded, At: day(1), Before: -3},
		} {
			if _, err := Prepare(e); !errors.Is(err, ErrInvalidEntry) {
				t.Errorf("%s: %v", name, err)
			}
		}
	})

	t.Run("another spelling of the same entry is no leaf", func(t *testing.T) {
		good := string(placed(t, sample(), ListID{7}).Leaf)
		for name, bad := range map[string]string{
			"nothing":            "",
			"space":              strings.Replace(good, ",", ", ", 1),
			"another order":      strings.Replace(good, `"kind":"data_released","outcome":"success"`, `"outcome":"success","kind":"data_released"`, 1),
			"unknown field":      strings.Replace(good, `{`, `{"x":1,`, 1),
			"twice a field":      strings.Replace(good, `"v":2`, `"v":2,"v":2`, 1),
			"another version":    strings.Replace(good, `"v":2`, `"v":3`, 1),
			"a short time":       strings.Replace(good, `.000000005Z`, `Z`, 1),
			"an escape":          strings.Replace(good, `app-one`, `\u0061pp-one`, 1),
			"something after":    good + "{}",
			"half":               good[:len(good)/2],
			"bad commitment":     strings.Replace(good, `"what":"`, `"what":"!`, 1),
			"long commitment":    strings.Replace(good, `"who":"`, `"who":"AAAA`, 1),
			"a person as actor":  strings.Replace(good, `"actor":"citizen"`, `"actor":"staff:ada"`, 1),
			"an age in words":    strings.Replace(good, `"what"`, `"age":"1s","what"`, 1),
			"half a time of day": strings.Replace(good, `"what"`, `"asOf":"2026-11-01T12:30Z","what"`, 1),
		} {
			if _, err := Decode([]byte(bad)); !errors.Is(err, ErrNotLeaf) {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

func FuzzDecode(f *testing.F) {
	f.Add(placed(f, sample(), ListID{7}).Leaf)
	f.Add(placed(f, Entry{Kind: SignedIn, Outcome: Failed, At: day(1)}, Service).Leaf)
	f.Fuzz(func(t *testing.T, data []byte) {
		l, err := Decode(data)
		if err != nil {
			return
		}
		open := openPart(l.Open, l.Who, l.What)
		if again := open.append(head(nil, l.Open.At, l.Who)); string(again) != string(data) {
			t.Errorf("%q was taken and would be written as %q", data, again)
		}
	})
}

func FuzzOpening(f *testing.F) {
	stored, err := placed(f, sample(), ListID{7}).Opening.AppendBinary(nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(stored)
	f.Fuzz(func(t *testing.T, data []byte) {
		var o Opening
		if o.UnmarshalBinary(data) != nil {
			return
		}
		again, err := o.AppendBinary(nil)
		if err != nil {
			t.Fatal(err)
		}
		if list, number, err := PlaceIn(data); err != nil || list != o.List || number != o.Number {
			t.Errorf("number %d of %v instead of number %d of %v, %v", number, list, o.Number, o.List, err)
		}
		var same Opening
		if err := same.UnmarshalBinary(again); err != nil || !cmp.Equal(o, same) {
			t.Errorf("%x reads as %+v and then as %+v, %v", data, o, same, err)
		}
	})
}
