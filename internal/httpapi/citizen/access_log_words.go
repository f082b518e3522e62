package citizen

import (
	"strings"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
)

// The words of the access log, in one place. {app} is the app's name.
const appName = "{app}"

const purposeAccessLog = "access-log"

// accessKinds are what a citizen is shown: every kind that can name them, but for
// upstream_asked, which is a step of the look that is listed beside it.
func accessKinds() []audit.Kind {
	var shown []audit.Kind
	for _, kind := range audit.Kinds() {
		if accessWords(kind, audit.Succeeded) != "" {
			shown = append(shown, kind)
		}
	}
	return shown
}

// accessWords say what was done; empty for kinds that are not shown.
func accessWords(kind audit.Kind, outcome audit.Outcome) string {
	switch kind {
	case audit.SignedIn:
		return "You signed in with NHS login."
	case audit.SignedOut:
		return "You signed out, or your session ended."
	case audit.ConsentGranted:
		return "You gave {app} permission to show your information."
	case audit.ConsentRenewed:
		return "You renewed the permission for {app}."
	case audit.ConsentWithdrawn:
		return "The permission for {app} was taken back."
	case audit.ConsentExpired:
		return "The permission for {app} ended, because its time was over."
	case audit.ConsentSuperseded:
		return "The permission for {app} was replaced by a newer one."
	case audit.DataReleased:
		return "Your information was shown in {app}."
	case audit.DataNotModified:
		return "{app} checked whether your information had changed. It had not."
	case audit.DataRefused:
		if outcome == audit.Refused {
			return "{app} asked for your information and was refused."
		}
		return "{app} asked for your information. Nothing could be shown."
	case audit.AuditorRead:
		return "An auditor looked at the record of who used your information. Auditors do not see your referrals."
	case audit.SubjectAccess:
		return "The record of who used your information was shown or copied for you."
	case audit.Exported:
		return "A copy of the record of who used your information was made for an auditor."
	case audit.HoldPlaced:
		return "We were told to keep the record of who used your information. It is not deleted until that ends."
	case audit.HoldLifted:
		return "We no longer have to keep the record of who used your information for longer than usual."
	case audit.SignInRefused, audit.UpstreamAsked, audit.Erased, audit.KeyChanged, audit.ConfigurationKnown, audit.Pruned:
	}
	return ""
}

// accessWhy says what an act was for, or why it was refused; nil: nothing was
// recorded. An auditor's own words are not repeated: they may tell of others.
func accessWhy(e audit.Entry) *accessWhat {
	code := e.Purpose
	if e.Outcome != audit.Succeeded && e.Reason != "" {
		code = e.Reason
	}
	switch {
	case e.Kind == audit.AuditorRead:
		code = "audit"
	case strings.HasPrefix(code, "subject-access"):
		code = "subject-access"
	case e.Kind == audit.HoldPlaced || e.Kind == audit.HoldLifted:
		code = "hold"
	}
	switch code {
	case "":
		return nil
	case "timeline":
		return &accessWhat{code, "To show your timeline."}
	case "referrals":
		return &accessWhat{code, "To list your referrals."}
	case "referral":
		return &accessWhat{code, "To show one of your referrals."}
	case "appointments":
		return &accessWhat{code, "To list your appointments."}
	case "calendar":
		return &accessWhat{code, "To put an appointment into your calendar."}
	case "manage":
		return &accessWhat{code, "To take you to Manage Your Referral."}
	case purposeAccessLog:
		return &accessWhat{code, "To show you this list."}
	case "subject-access":
		return &accessWhat{code, "To answer a request for a copy of what is held about you."}
	case "audit":
		return &accessWhat{code, "To check that your information was used properly."}
	case "hold":
		return &accessWhat{code, "A court, an inquiry or a complaint needs it kept."}
	case "no_consent", "superseded", "scope_missing":
		return &accessWhat{code, "You had not given permission."}
	case "withdrawn":
		return &accessWhat{code, "You had taken your permission back."}
	case "expired":
		return &accessWhat{code, "Your permission had ended."}
	case "notice_outdated":
		return &accessWhat{code, "The privacy notice had changed since you gave permission."}
	case "signed_in_again":
		return &accessWhat{code, "You signed in again."}
	}
	if e.Outcome != audit.Succeeded {
		return &accessWhat{code, "The information could not be read."}
	}
	return &accessWhat{code, "To provide this service to you."}
}
