package patientcare

import (
	"testing"

	"github.com/patient-care-aggregator/aggregator/internal/referral"
)

// Elements that FHIR marks as modifiers must not be ignored (R4, 2.4). Only what is
// known to be good counts as good: a value that nobody thought of never does.
func TestOnlyKnownGoodStatusesCountAsGood(t *testing.T) {
	t.Parallel()
	for status, state := range map[string]string{
		"active": "BOOKED", "revoked": referral.StateEnded, "completed": referral.StateEnded,
		"draft": "", "on-hold": "", "unknown": "", "Active": "", "new-value": "", "": "",
	} {
		f := readJoined(t, bundleOf(t, with(referralOf(1), "status", status), appointmentOf(1)))
		if got := one(t, f).State; got != state {
			t.Errorf("referral with status %q: state %q, want %q", status, got, state)
		}
		if (f.notices[referral.UnreadablePart] > 0) != (state == "") {
			t.Errorf("referral with status %q: notices %v", status, f.notices)
		}
	}
	for name, value := range map[string]any{
		"doNotPerform": true, "modifierExtension": []any{object{"url": "https://x", "valueBoolean": true}}, "implicitRules": "https://x",
	} {
		for _, r := range []object{referralOf(1)} {
			if got := one(t, readJoined(t, bundleOf(t, with(r, name, value), appointmentOf(1)))).State; got == "BOOKED" {
				t.Errorf("%s is ignored", name)
			}
		}
	}
	for _, value := range []any{"yes", []any{}, object{}, 1} {
		if got := one(t, readJoined(t, bundleOf(t, with(referralOf(1), "doNotPerform", value)))).State; got == "BOOKED" {
			t.Errorf("doNotPerform %v is ignored", value)
		}
	}
	for _, status := range []any{"proposed", "pending", "arrived", "fulfilled", "cancelled", "noshow", "entered-in-error", "checked-in", "waitlist", "Booked", "new-value", nil, 7} {
		f := readJoined(t, bundleOf(t, referralOf(1), with(appointmentOf(1), "status", status)))
		if got := one(t, f); got.Appointment != nil {
			t.Errorf("appointment with status %v is shown", status)
		}
		wantNotice(t, f, referral.UnreadableAppointment)
	}
	for _, status := range []any{"declined", "tentative", "needs-action", "new-value"} {
		participants := []any{object{"actor": identified(systemNHSNumber, ownNumber), "status": status}}
		f := readJoined(t, bundleOf(t, referralOf(1), with(appointmentOf(1), "participant", participants)))
		if got := one(t, f); got.Appointment != nil {
			t.Errorf("an appointment of a participant who is %v is shown", status)
		}
	}
	for _, status := range []any{"draft", "on-hold", "rejected", "cancelled", "failed", "completed", "entered-in-error", "Requested", "new-value", nil} {
		f := readJoined(t, bundleOf(t, referralOf(1), with(taskOf(1), "status", status)))
		if got := one(t, f); got.Review != nil {
			t.Errorf("task with status %v is shown", status)
		}
		wantNotice(t, f, referral.UnreadableReview)
	}
	for _, name := range []string{"modifierExtension", "implicitRules"} {
		f := readJoined(t, bundleOf(t, referralOf(1), with(appointmentOf(1), name, "x"), with(taskOf(1), name, "x")))
		if got := one(t, f); got.Appointment != nil || got.Review != nil {
			t.Errorf("%s is ignored", name)
		}
	}
}
