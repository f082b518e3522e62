package timeline_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/patient-care-aggregator/aggregator/internal/referral"
	"github.com/patient-care-aggregator/aggregator/internal/timeline"
	"github.com/patient-care-aggregator/aggregator/internal/wording"
)

// The generators draw from what is usual, what is hostile, and anything at all.

func anyName() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.SampledFrom([]string{
			"", "LEEDS TEACHING HOSPITALS NHS TRUST", "Eye Clinic", "2WW Breast", "Urgent Suspected Cancer", "Lung Nodule",
			"<b>x</b>", "\u202ex", "GUM clinic", "C a n c e r",
		}),
		rapid.String(),
	)
}

func anyDay() *rapid.Generator[referral.Date] {
	return rapid.OneOf(
		rapid.Just(referral.Date{}),
		rapid.Custom(func(t *rapid.T) referral.Date {
			day := now().AddDate(0, 0, rapid.IntRange(-40, 40).Draw(t, "days"))
			return referral.Date{Year: day.Year(), Month: day.Month(), Day: day.Day()}
		}),
		rapid.Custom(func(t *rapid.T) referral.Date {
			return referral.Date{Year: rapid.Int().Draw(t, "year"), Month: time.Month(rapid.IntRange(-1, 14).Draw(t, "month")), Day: rapid.IntRange(-1, 40).Draw(t, "day")}
		}),
	)
}

func anyInstant() *rapid.Generator[*time.Time] {
	return rapid.Custom(func(t *rapid.T) *time.Time {
		switch rapid.IntRange(0, 9).Draw(t, "instant") {
		case 0, 1:
			return nil
		case 2:
			far := time.Unix(rapid.Int64Range(-1<<40, 1<<40).Draw(t, "far"), rapid.Int64Range(0, 999999999).Draw(t, "nanos"))
			return &far
		default:
			near := now().Add(time.Duration(rapid.Int64Range(-1e16, 1e16).Draw(t, "near")))
			return &near
		}
	})
}

func anyCoding() *rapid.Generator[*referral.Coding] {
	return rapid.Ptr(rapid.Custom(func(t *rapid.T) referral.Coding {
		return referral.Coding{
			Code:    rapid.OneOf(rapid.SampledFrom([]string{"", "CARDIOLOGY", "2WW", "SEXUAL_HEALTH", "ONCOLOGY"}), rapid.String()).Draw(t, "code"),
			Display: anyName().Draw(t, "display"),
		}
	}), true)
}

func anyOrganisation() *rapid.Generator[referral.Organisation] {
	return rapid.Custom(func(t *rapid.T) referral.Organisation {
		return referral.Organisation{
			ODSCode: rapid.OneOf(rapid.SampledFrom([]string{"", "R69", "RR813"}), rapid.String()).Draw(t, "ods"),
			Name:    anyName().Draw(t, "name"),
			Phone:   rapid.OneOf(rapid.SampledFrom([]string{"", "0113 496 0000"}), rapid.String()).Draw(t, "phone"),
		}
	})
}

func anyService() *rapid.Generator[*referral.Service] {
	return rapid.Ptr(rapid.Custom(func(t *rapid.T) referral.Service {
		return referral.Service{
			ID:        rapid.String().Draw(t, "service id"),
			Name:      anyName().Draw(t, "service"),
			Type:      rapid.OneOf(rapid.SampledFrom([]string{"", "TELEPHONE_ASSESSMENT", "DIAGNOSTIC"}), rapid.String()).Draw(t, "type"),
			Specialty: anyCoding().Draw(t, "service specialty"),
			Provider:  rapid.Ptr(anyOrganisation(), true).Draw(t, "provider"),
			Locations: rapid.SliceOfN(anyOrganisation(), 0, 3).Draw(t, "places"),
		}
	}), true)
}

func anyFacts() *rapid.Generator[referral.Facts] {
	return rapid.Custom(func(t *rapid.T) referral.Facts {
		f := referral.Facts{
			Source:           rapid.SampledFrom([]string{"ers-01", "other"}).Draw(t, "source"),
			ID:               rapid.OneOf(rapid.StringMatching(`[A-Za-z0-9_-]{22}`), rapid.SampledFrom([]string{"", "same", "odd id/"})).Draw(t, "id"),
			BookingReference: rapid.OneOf(rapid.StringMatching(`[0-9]{12}`), rapid.String()).Draw(t, "reference"),
			Version:          rapid.SampledFrom([]string{"", "1", "2", `W/"3"`, "x"}).Draw(t, "version"),
			State:            rapid.OneOf(rapid.SampledFrom(allStates()), rapid.String()).Draw(t, "state"),
			Priority:         rapid.OneOf(rapid.SampledFrom([]string{"ROUTINE", "URGENT", "TWO_WEEK_WAIT", ""}), rapid.String()).Draw(t, "priority"),
			Specialty:        anyCoding().Draw(t, "specialty"),
			ReferredOn:       anyDay().Draw(t, "referred on"),
			Referrer:         rapid.Ptr(anyOrganisation(), true).Draw(t, "referrer"),
			Service:          anyService().Draw(t, "service"),
			ManageURL:        rapid.SampledFrom([]string{"", "https://refer.nhs.uk/x"}).Draw(t, "manage"),
		}
		if rapid.Bool().Draw(t, "has appointment") {
			f.Appointment = &referral.Appointment{ID: rapid.String().Draw(t, "appointment id"), Start: anyInstant().Draw(t, "start"), End: anyInstant().Draw(t, "end")}
		}
		if rapid.Bool().Draw(t, "has review") {
			f.Review = &referral.Review{Kind: rapid.OneOf(rapid.SampledFrom([]string{referral.ReviewTriage, referral.ReviewAppointment, ""}), rapid.String()).Draw(t, "kind"), DueBy: anyDay().Draw(t, "due")}
		}
		return f
	})
}

// someFacts is up to six facts, some of them drawn twice.
func someFacts() *rapid.Generator[[]referral.Facts] {
	return rapid.Custom(func(t *rapid.T) []referral.Facts {
		facts := rapid.SliceOfN(anyFacts(), 0, 5).Draw(t, "facts")
		if len(facts) > 0 && rapid.Bool().Draw(t, "repeat") {
			facts = append(facts, facts[0])
		}
		return facts
	})
}

func inner() cmp.Option {
	return cmpopts.IgnoreUnexported(timeline.Appointment{}, timeline.Event{})
}

func TestAnyFactsGiveATimeline(t *testing.T) {
	vs := valueSets(t)
	rapid.Check(t, func(rt *rapid.T) {
		facts := someFacts().Draw(rt, "all")
		got := build(facts, vs, wording.English, now())
		if len(got.Referrals)+got.Counts.Duplicates != len(facts) {
			rt.Fatalf("%d referrals and %d duplicates from %d facts: something was dropped", len(got.Referrals), got.Counts.Duplicates, len(facts))
		}
		needs, events := 0, 0
		for _, r := range got.Referrals {
			if r.State.Title.String() == "" || r.State.Description.String() == "" || r.State.NextStep.String() == "" || r.State.WhoActs == "" || r.State.Phase == "" {
				rt.Fatalf("a referral without state or next step: %+v", r.State)
			}
			if r.Contact.Name.String() == "" || r.Contact.Role == "" || len(r.Events) == 0 || r.ID == "" || r.Priority.Code == nil {
				rt.Fatalf("a referral without contact, event, id or priority: %+v", r)
			}
			if r.State.WhoActs == referral.You {
				needs++
			}
			if step := r.State.NextStep.String(); strings.Contains(step, "hone the hospital") || !got.Summary.Certain && strings.Contains(step, "do not need to do") {
				rt.Fatalf("%s, and the next step is %q", r.Contact.Role, step)
			}
			if a := r.Appointment; a != nil && a.Remote && (r.Service.Locations == nil || len(r.Service.Locations) > 0) {
				rt.Fatalf("a phone appointment at a place: %+v", r.Service)
			}
			events += len(r.Events)
		}
		if got.Summary.NeedsAction != needs || len(got.Events) != events {
			rt.Fatalf("summary says %d need action, want %d; %d events, want %d", got.Summary.NeedsAction, needs, len(got.Events), events)
		}
		if found := leaks(t, got); len(found) > 0 {
			rt.Fatalf("leaks: %v", found)
		}
		checkClean(t, got)
	})
}

func TestTheOrderOfFactsDoesNotMatter(t *testing.T) {
	vs := valueSets(t)
	rapid.Check(t, func(rt *rapid.T) {
		facts := someFacts().Draw(rt, "all")
		seed := rapid.Uint64().Draw(rt, "order")
		want := build(facts, vs, wording.Welsh, now())
		shuffled := slices.Clone(facts)
		rand.New(rand.NewPCG(seed, 1)).Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		if diff := cmp.Diff(want, build(shuffled, vs, wording.Welsh, now()), inner()); diff != "" {
			rt.Fatalf("another order gave another timeline:\n%s", diff)
		}
	})
}

func TestChangesAtIsHonest(t *testing.T) {
	vs := valueSets(t)
	rapid.Check(t, func(rt *rapid.T) {
		facts := someFacts().Draw(rt, "all")
		build := func(at time.Time) timeline.Timeline { return build(facts, vs, wording.English, at) }
		first := build(now())
		ignoreWhen := cmpopts.IgnoreFields(timeline.Timeline{}, "ChangesAt")
		if first.ChangesAt.IsZero() {
			if diff := cmp.Diff(first, build(now().AddDate(400, 0, 0)), inner()); diff != "" {
				rt.Fatalf("said never to change, and did:\n%s", diff)
			}
			return
		}
		if !first.ChangesAt.After(now()) {
			rt.Fatalf("changes at %v, which is not to come", first.ChangesAt)
		}
		if diff := cmp.Diff(first, build(first.ChangesAt.Add(-1)), inner()); diff != "" {
			rt.Fatalf("changed before it said:\n%s", diff)
		}
		if cmp.Equal(first, build(first.ChangesAt), inner(), ignoreWhen) {
			rt.Fatal("did not change when it said")
		}
	})
}
