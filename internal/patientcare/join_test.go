package patientcare

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/patient-care-aggregator/aggregator/internal/referral"
)

func TestDuplicates(t *testing.T) {
	version := func(o object, v string, members ...any) object {
		return with(with(o, "meta", object{"versionId": v}), members...)
	}
	state := func(code string) []any {
		return []any{object{"url": extensionState, "extension": []any{object{"url": "state", "valueCoding": object{"code": code}}}}}
	}
	inEveryOrder := func(t *testing.T, resources []any, check func(t *testing.T, f *found)) {
		t.Helper()
		for range resources {
			check(t, readJoined(t, bundleOf(t, resources...)))
			resources = append(resources[1:], resources[0])
		}
		slices.Reverse(resources)
		check(t, readJoined(t, bundleOf(t, resources...)))
	}
	t.Run("the newer version of a referral wins", func(t *testing.T) {
		for _, versions := range [][2]string{{"2", "10"}, {"9", "10"}, {"009", "10"}, {"", "1"}, {"a", "1"}, {"a", "b"}, {"99999999999999999999", "100000000000000000000"}} {
			inEveryOrder(t, []any{version(referralOf(1), versions[0], "extension", state("OLD")), version(referralOf(1), versions[1], "extension", state("NEW"))}, func(t *testing.T, f *found) {
				if got := one(t, f); got.State != "NEW" {
					t.Errorf("of versions %v the older wins", versions)
				}
				if wantNotices(t, f, nil); f.counted[reasonDuplicate] != 1 {
					t.Errorf("counted %v", f.counted)
				}
			})
		}
	})
	t.Run("without versions the later change wins", func(t *testing.T) {
		inEveryOrder(t, []any{
			with(referralOf(1), "meta", object{"lastUpdated": "2025-01-01T00:00:00Z"}, "extension", state("OLD")),
			with(referralOf(1), "meta", object{"lastUpdated": "2025-01-02T00:00:00Z"}, "extension", state("NEW")),
		}, func(t *testing.T, f *found) {
			if got := one(t, f); got.State != "NEW" {
				t.Errorf("state %s", got.State)
			}
		})
	})
	t.Run("where nothing else differs the choice is the same in every order", func(t *testing.T) {
		chosen := map[string]bool{}
		inEveryOrder(t, []any{
			version(referralOf(1), "1", "extension", state("ONE")), version(referralOf(1), "1", "extension", state("TWO")), version(referralOf(1), "1", "extension", state("SIX")),
		}, func(t *testing.T, f *found) { chosen[one(t, f).State] = true })
		if len(chosen) != 1 {
			t.Errorf("chose %v", chosen)
		}
	})
	t.Run("the newer version of an appointment wins, even with an earlier start", func(t *testing.T) {
		inEveryOrder(t, []any{
			referralOf(1), version(appointmentOf(1), "1", "start", "2025-09-01T09:00:00Z"), version(appointmentOf(1), "2", "start", "2025-08-01T09:00:00Z"),
			version(taskOf(1), "3", "restriction", nil), version(taskOf(1), "2"),
		}, func(t *testing.T, f *found) {
			got := one(t, f)
			if got.Appointment.Start.Month() != 8 || got.Review.DueBy.Day != 0 {
				t.Errorf("appointment %v review %v", got.Appointment.Start, got.Review.DueBy)
			}
			wantNotices(t, f, nil)
		})
	})
	t.Run("a newer version that cannot be shown hides the older", func(t *testing.T) {
		inEveryOrder(t, []any{referralOf(1), version(appointmentOf(1), "1"), version(appointmentOf(1), "2", "status", "cancelled")}, func(t *testing.T, f *found) {
			if one(t, f).Appointment != nil {
				t.Error("the older is shown")
			}
			wantNotice(t, f, referral.UnreadableAppointment)
		})
	})
	t.Run("what refers to the older version by its address finds the newer", func(t *testing.T) {
		body := func(entries ...any) []byte { return bundleText(t, entries...) }
		older := object{"resource": version(referralOf(1), "1"), "fullUrl": "urn:uuid:7"}
		newer := object{"resource": version(referralOf(1), "2"), "fullUrl": "urn:uuid:8"}
		a := entryOf(with(appointmentOf(1), "basedOn", []any{object{"reference": "urn:uuid:7"}}))
		for _, b := range [][]byte{body(older, newer, a), body(a, newer, older)} {
			if got := one(t, readJoined(t, b)); got.Appointment == nil || got.Version != "2" {
				t.Errorf("version %s, appointment %v", got.Version, got.Appointment)
			}
		}
	})
	t.Run("a second appointment and task of a referral are named", func(t *testing.T) {
		inEveryOrder(t, []any{
			referralOf(1), with(appointmentOf(1), "id", "x", "start", nil), with(appointmentOf(1), "id", "y"), with(appointmentOf(1), "id", "z", "start", "2025-08-07T09:00:00Z"),
			taskOf(1), with(taskOf(1), "id", "u", "restriction", object{"period": object{"end": "2025-03-01"}}),
		}, func(t *testing.T, f *found) {
			got := one(t, f)
			if got.Appointment.Start == nil || got.Appointment.Start.Day() != 7 || got.Review.DueBy.Month != 3 {
				t.Errorf("appointment %+v review %+v", got.Appointment, got.Review)
			}
			wantNotices(t, f, map[referral.NoticeCode]int{referral.UnreadableAppointment: 2, referral.UnreadableReview: 1})
		})
	})
}

func TestAppointmentAndTaskOnOneReferral(t *testing.T) {
	got := one(t, readJoined(t, bundleOf(t, referralOf(1), appointmentOf(1), taskOf(1))))
	alone := one(t, readJoined(t, bundleOf(t, referralOf(1), appointmentOf(1))))
	if got.Appointment == nil || got.Review == nil {
		t.Fatal("one of them is dropped")
	}
	if got.Service.ID != alone.Service.ID {
		t.Error("the service is the task's, not the appointment's")
	}
}

func TestOrphansAreNamed(t *testing.T) {
	f := readJoined(t, bundleOf(t, referralOf(1), appointmentOf(2), taskOf(3)))
	one(t, f)
	wantNotices(t, f, map[referral.NoticeCode]int{referral.Orphan: 2})
}

// TestOrderOfEntriesNeverChangesTheFacts draws bundles full of conflicts.
func TestOrderOfEntriesNeverChangesTheFacts(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		drawVersion := rapid.SampledFrom([]string{"", "1", "2", "9", "10", "1a", "b"})
		resource := rapid.Custom(func(rt *rapid.T) any {
			n := rapid.IntRange(1, 3).Draw(rt, "n")
			meta := object{"versionId": drawVersion.Draw(rt, "version")}
			if rapid.Bool().Draw(rt, "updated") {
				meta["lastUpdated"] = fmt.Sprintf("2025-01-0%dT00:00:00Z", rapid.IntRange(1, 3).Draw(rt, "day"))
			}
			switch rapid.IntRange(0, 3).Draw(rt, "kind") {
			case 0:
				return entryOf(with(appointmentOf(n), "meta", meta, "id", rapid.SampledFrom([]any{nil, "a", "b"}).Draw(rt, "id"),
					"start", rapid.SampledFrom([]any{nil, "nonsense", "2025-08-06T13:30:00Z", "2025-08-06T14:30:00+01:00", "2025-08-07T09:00:00Z"}).Draw(rt, "start"),
					"status", rapid.SampledFrom([]any{"booked", "cancelled"}).Draw(rt, "status")))
			case 1:
				return entryOf(with(taskOf(n), "meta", meta, "id", rapid.SampledFrom([]any{nil, "a", "b"}).Draw(rt, "id"),
					"restriction", object{"period": object{"end": rapid.SampledFrom([]string{"", "x", "2025-02-01", "2025-03-01"}).Draw(rt, "due")}}))
			case 2:
				return rapid.SampledFrom([]any{nil, "x", object{"resource": object{"resourceType": "Zebra"}}}).Draw(rt, "odd")
			}
			r := with(referralOf(n), "meta", meta, "authoredOn", rapid.SampledFrom([]string{"2025-01-01", "2025-01-02", "x"}).Draw(rt, "authored"))
			return object{"resource": r, "fullUrl": rapid.SampledFrom([]string{"", "ServiceRequest/1", "ServiceRequest/2", "urn:uuid:7"}).Draw(rt, "fullUrl")}
		})
		entries := rapid.SliceOfN(resource, 0, 12).Draw(rt, "entries")
		before := readJoined(t, bundleText(t, entries...))
		after := readJoined(t, bundleText(t, rapid.Permutation(entries).Draw(rt, "permuted")...))
		if diff := cmp.Diff(factsOf(t, before), factsOf(t, after)); diff != "" {
			rt.Fatal(diff)
		}
		for name, counts := range map[string][2]map[string]int{
			"unreadable": {before.unreadable, after.unreadable}, "counted": {before.counted, after.counted}, "parts": {before.parts, after.parts},
		} {
			if diff := cmp.Diff(counts[0], counts[1]); diff != "" {
				rt.Fatalf("%s: %s", name, diff)
			}
		}
		if diff := cmp.Diff(before.notices, after.notices); diff != "" {
			rt.Fatal(diff)
		}
		if held, n := accounted(before), len(entries); held != n {
			rt.Fatalf("%d entries, %d accounted for", n, held)
		}
	})
}

// accounted is how many entries of a bundle are shown, counted or named.
func accounted(f *found) int {
	n := len(f.referrals)
	for _, r := range f.referrals {
		if r.appointment != nil {
			n++
		}
		if r.task != nil {
			n++
		}
	}
	for _, reasons := range []map[string]int{f.unreadable, f.counted} {
		for _, count := range reasons {
			n += count
		}
	}
	return n
}
