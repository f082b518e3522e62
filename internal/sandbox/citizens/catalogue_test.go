package citizens

import (
	"errors"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"
)

func anchor() time.Time { return time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC) }

func open(t *testing.T, change ...func(*Options)) *Catalogue {
	t.Helper()
	o := Options{Anchor: anchor(), Stable: func(name string) string { return "id/" + name }}
	for _, c := range change {
		c(&o)
	}
	c, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// madeUp reports whether a number is of the range that is never issued, and
// passes the modulus 11 check.
func madeUp(number string) bool {
	if len(number) != 10 || !strings.HasPrefix(number, "999") {
		return false
	}
	sum := 0
	for i, c := range number[:9] {
		sum += int(c-'0') * (10 - i)
	}
	return (11-sum%11)%11 == int(number[9]-'0')
}

func TestEverybodyIsMadeUpAndTellsTheirStory(t *testing.T) {
	c := open(t)
	name, seen, references := regexp.MustCompile(`^[a-z]{2,10}$`), map[string]string{}, map[string]string{}
	for _, p := range c.All() {
		if !name.MatchString(p.Name) {
			t.Errorf("%q is not short and lower-case", p.Name)
		}
		if p.Story == "" || strings.Contains(p.Story, "\n") || !strings.HasSuffix(p.Story, ".") {
			t.Errorf("%s has no story in a line: %q", p.Name, p.Story)
		}
		if p.NHSNumber != "" && !madeUp(p.NHSNumber) {
			t.Errorf("%s has an NHS number that could be somebody's", p.Name)
		}
		if other := seen[p.NHSNumber]; p.NHSNumber != "" && other != "" {
			t.Errorf("%s and %s share an NHS number", p.Name, other)
		}
		seen[p.NHSNumber] = p.Name
		record, err := c.Record(p.Name)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range record.Referrals {
			if r.Patient != p.NHSNumber && (seen[r.Patient] != "" || !madeUp(r.Patient)) {
				t.Errorf("%s holds a referral of %s", p.Name, seen[r.Patient])
			}
			if other := references[r.UBRN]; len(r.UBRN) != 12 || other != "" {
				t.Errorf("booking reference %q of %s: also of %q", r.UBRN, p.Name, other)
			}
			references[r.UBRN] = p.Name
		}
	}
}

// TestTheCatalogueShowsEverySortOfPerson is the list of what a developer can
// count on finding.
func TestTheCatalogueShowsEverySortOfPerson(t *testing.T) {
	c := open(t)
	some := func(is func(Referral) bool) func(Citizen, Record) bool {
		return func(_ Citizen, r Record) bool { return slices.ContainsFunc(r.Referrals, is) }
	}
	at := func(from, to time.Duration) func(Citizen, Record) bool {
		return some(func(r Referral) bool {
			return r.Appointment != nil && !r.Appointment.Start.IsZero() &&
				r.Appointment.Start.Sub(anchor()) >= from && r.Appointment.Start.Sub(anchor()) < to
		})
	}
	due := func(kind string, overdue bool) func(Citizen, Record) bool {
		today := anchor().Format(time.DateOnly)
		return some(func(r Referral) bool {
			return r.Review != nil && r.Review.Kind == kind && r.Review.Due != "" && (r.Review.Due < today) == overdue
		})
	}
	offset := func(seconds int) func(Citizen, Record) bool {
		return some(func(r Referral) bool {
			if r.Appointment == nil {
				return false
			}
			_, s := r.Appointment.Start.Zone()
			return !r.Appointment.Start.IsZero() && s == seconds
		})
	}
	const day = 24 * time.Hour
	sorts := map[string]func(Citizen, Record) bool{
		"booked directly": some(func(r Referral) bool {
			s, _ := c.Service(r.Service)
			return r.Appointment != nil && !r.Appointment.Start.IsZero() && s.ASID != ""
		}),
		"booked indirectly":          some(func(r Referral) bool { return r.Appointment != nil && r.Appointment.Start.IsZero() }),
		"review due":                 due("TRIAGE_DEFERRAL", false),
		"review overdue":             due("TRIAGE_DEFERRAL", true),
		"appointment deferral due":   due("APPOINTMENT_DEFERRAL", false),
		"appointment overdue":        due("APPOINTMENT_DEFERRAL", true),
		"a review without a day":     some(func(r Referral) bool { return r.Review != nil && r.Review.Due == "" }),
		"summer time":                offset(3600),
		"winter time":                offset(0),
		"an appointment today":       at(0, 15*time.Hour),
		"an appointment tomorrow":    at(15*time.Hour, 39*time.Hour),
		"an appointment in the past": at(-365*day, 0),
		"none":                       func(p Citizen, _ Record) bool { return p.Referrals == 0 },
		"one":                        func(p Citizen, _ Record) bool { return p.Referrals == 1 },
		"200":                        func(p Citizen, _ Record) bool { return p.Referrals == 200 },
		"two week wait by priority":  some(func(r Referral) bool { return r.Priority == "TWO_WEEK_WAIT" }),
		"two week wait by specialty": some(func(r Referral) bool { return r.Specialty.Code == "2WW" && r.Priority != "TWO_WEEK_WAIT" }),
		"two week wait by name": some(func(r Referral) bool {
			s, _ := c.Service(r.Service)
			return strings.Contains(s.Name, "Suspected Cancer")
		}),
		"an unknown state": some(func(r Referral) bool { return !slices.Contains(States(), r.State) }),
		"an unknown specialty": some(func(r Referral) bool {
			return r.Specialty.Code != "" && c.Specialty(r.Specialty.Code) == r.Specialty.Code
		}),
		"an unreadable entry": some(func(r Referral) bool { return r.Instead != nil }),
		"another patient's entry": func(p Citizen, r Record) bool {
			return some(func(f Referral) bool { return f.Patient != p.NHSNumber })(p, r)
		},
		"orphans":                     some(func(r Referral) bool { return r.Orphan }),
		"duplicates":                  some(func(r Referral) bool { return r.Twice }),
		"appointment and review":      some(func(r Referral) bool { return r.Appointment != nil && r.Review != nil }),
		"references by prefix":        func(_ Citizen, r Record) bool { return r.Reference == "prefix" },
		"a placeholder":               func(_ Citizen, r Record) bool { return r.Reference == "placeholder" },
		"relative references":         func(_ Citizen, r Record) bool { return r.Reference == "relative" },
		"omitted fields":              some(func(r Referral) bool { return len(r.Omit) > 0 }),
		"a service that is not there": some(func(r Referral) bool { _, ok := c.Service(r.Service); return r.Service != "" && !ok }),
		"a look-up that breaks":       some(func(r Referral) bool { s, _ := c.Service(r.Service); return s.Fails != 0 }),
		"an unknown organisation": some(func(r Referral) bool {
			s, ok := c.Service(r.Service)
			_, known := c.Organisation(s.Provider)
			return ok && !known
		}),
		"P0": func(p Citizen, _ Record) bool { return p.Proofing == "P0" },
		"P5": func(p Citizen, _ Record) bool { return p.Proofing == "P5" },
		"P9 by password": func(p Citizen, _ Record) bool {
			return p.Proofing == "P9" && slices.Equal(p.Credentials, []string{"Cp"})
		},
		"15 years old":        func(p Citizen, _ Record) bool { return p.Born > "2010-11-23" && p.Born <= "2011-11-23" },
		"16 today":            func(p Citizen, _ Record) bool { return p.Born == "2010-11-23" },
		"born on 29 February": func(p Citizen, _ Record) bool { return strings.HasSuffix(p.Born, "-02-29") },
		"no NHS number":       func(p Citizen, _ Record) bool { return p.NHSNumber == "" && p.Proofing == "P9" },
		"no birth date":       func(p Citizen, _ Record) bool { return p.Born == "" },
	}
	for _, state := range States() {
		sorts["state "+state] = some(func(r Referral) bool { return r.State == state })
	}
	for name, is := range sorts {
		found := false
		for _, p := range c.All() {
			record, err := c.Record(p.Name)
			if err != nil {
				t.Fatal(err)
			}
			found = found || is(p, record)
		}
		if !found {
			t.Errorf("no citizen shows: %s", name)
		}
	}
}

func TestALifeTakesItsStepsAndEnds(t *testing.T) {
	c := open(t)
	var states []string
	for {
		step, err := c.Advance("lily", "", "")
		if errors.Is(err, ErrNoStep) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		states = append(states, step.To)
	}
	record, err := c.Record("lily")
	if err != nil {
		t.Fatal(err)
	}
	if len(states) < 5 || record.Referrals[0].Version != len(states)+1 {
		t.Errorf("states %v, version %d", states, record.Referrals[0].Version)
	}
	if err := c.Reset(anchor()); err != nil {
		t.Fatal(err)
	}
	if record, _ := c.Record("lily"); record.Referrals[0].State != "NOT_BOOKED" || record.Referrals[0].Version != 1 {
		t.Errorf("the reset life is at %+v", record.Referrals[0])
	}
}

func TestEveryStateCanBeReached(t *testing.T) {
	c := open(t)
	for _, state := range States() {
		step, err := c.Advance("bella", "", state)
		if err != nil || step.To != state {
			t.Errorf("%s: %+v %v", state, step, err)
		}
		record, _ := c.Record("bella")
		r := record.Referrals[0]
		if (r.Service == "") != (state == "NOT_BOOKED") || (r.Appointment != nil) != (state == "BOOKED") {
			t.Errorf("%s comes with service %q and appointment %v", state, r.Service, r.Appointment)
		}
	}
}

func TestWhatCannotMoveSaysWhy(t *testing.T) {
	c := open(t)
	for name, tc := range map[string]struct {
		citizen, reference, state string
		want                      error
	}{
		"an unknown citizen":  {"nobody", "", "", ErrUnknown},
		"nothing to move":     {"nora", "", "", ErrNoReferral},
		"an unknown referral": {"bella", "000000000000", "", ErrNoReferral},
		"no step left":        {"devi", "", "", ErrNoStep},
		"no such state":       {"bella", "", "LOST", ErrNoStep},
	} {
		if _, err := c.Advance(tc.citizen, tc.reference, tc.state); !errors.Is(err, tc.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestReadingAndMovingAtOnceIsSafe(t *testing.T) {
	c := open(t)
	var work sync.WaitGroup
	for range 4 {
		work.Go(func() {
			for range 50 {
				if record, err := c.Record("lily"); err != nil || len(record.Referrals) != 1 {
					t.Errorf("%+v %v", record, err)
				}
			}
		})
		work.Go(func() { _, _ = c.Advance("lily", "", "") })
	}
	work.Wait()
}

func TestATeamAddsItsOwnPeople(t *testing.T) {
	extra := func(text string) func(*Options) {
		return func(o *Options) { o.Extra = fstest.MapFS{"robin.yaml": {Data: []byte(text)}} }
	}
	c := open(t, extra("name: robin\nstory: Ours.\nperson: {nhs_number: \"9990000638\"}\nreferrals: [{state: BOOKED, appointment: {at: \"+1d 09:00\"}}]\n"))
	if p, err := c.Find("robin"); err != nil || p.Referrals != 1 {
		t.Errorf("%+v %v", p, err)
	}
	replaced := open(t, func(o *Options) {
		o.Extra = fstest.MapFS{"bella.yaml": {Data: []byte("name: bella\nstory: Another one.\n")}}
	})
	if p, _ := replaced.Find("bella"); p.Story != "Another one." || len(replaced.All()) != len(c.All())-1 {
		t.Errorf("%+v", p)
	}
	for name, text := range map[string]string{
		"another name":     "name: wren\n",
		"an unknown field": "name: robin\nhat: red\n",
		"a wrong day":      "name: robin\nreferrals: [{state: BOOKED, referred: soon}]\n",
	} {
		o := Options{Anchor: anchor(), Stable: func(name string) string { return name }}
		extra(text)(&o)
		if _, err := Open(o); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
}
