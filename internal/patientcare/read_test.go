package patientcare

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/patient-care-aggregator/aggregator/internal/aggregate"
	"github.com/patient-care-aggregator/aggregator/internal/referral"
)

func TestReadWhatTheContractPromises(t *testing.T) {
	f := readJoined(t, bundleOf(t, referralOf(1), appointmentOf(1)))
	got := one(t, f)
	wantNotices(t, f, nil)

	start, end := time.Date(2025, 8, 6, 13, 30, 0, 0, time.UTC), time.Date(2025, 8, 6, 13, 50, 0, 0, time.UTC)
	want := referral.Facts{
		Source: sourceID, EventSource: "ers", BookingReference: "000000100001", Version: "1", State: "BOOKED", Priority: "ROUTINE",
		Specialty:   &referral.Coding{Code: "CARDIOLOGY", Display: "Cardiology"},
		ReferredOn:  referral.Date{Year: 2025, Month: time.January, Day: 11},
		Referrer:    &referral.Organisation{ODSCode: "R69"},
		Service:     &referral.Service{},
		Appointment: &referral.Appointment{Start: &start, End: &end, Version: "1"},
		ManageURL:   "https://refer.nhs.uk/nhslogin?ubrn=000000100001",
	}
	for name, id := range map[string]*string{"referral": &got.ID, "service": &got.Service.ID, "appointment": &got.Appointment.ID} {
		if len(*id) != 22 || strings.Contains(*id, "7000000123") {
			t.Errorf("the %s's id is %q, want 22 opaque characters", name, *id)
		}
		*id = ""
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestReadTask(t *testing.T) {
	f := readJoined(t, bundleOf(t, referralOf(1), taskOf(1)))
	got := one(t, f)
	want := &referral.Review{Kind: referral.ReviewTriage, DueBy: referral.Date{Year: 2025, Month: time.February, Day: 1}}
	if diff := cmp.Diff(want, got.Review); diff != "" || got.Service == nil || got.Appointment != nil {
		t.Errorf("review %s service %v appointment %v", diff, got.Service, got.Appointment)
	}
	t.Run("the kinds of review", func(t *testing.T) {
		for code, want := range map[any]string{taskTriageDeferral: referral.ReviewTriage, taskDeferral: referral.ReviewAppointment, "TEA": ""} {
			codes := object{"coding": []any{object{"code": "local"}, object{"code": code}}}
			if got := one(t, readJoined(t, bundleOf(t, referralOf(1), with(taskOf(1), "code", codes)))); got.Review.Kind != want {
				t.Errorf("%v is %q, want %q", code, got.Review.Kind, want)
			}
		}
		if got := one(t, readJoined(t, bundleOf(t, referralOf(1), with(taskOf(1), "code", nil)))); got.Review.Kind != "" {
			t.Errorf("none is %q", got.Review.Kind)
		}
	})
	t.Run("a service named by a literal reference", func(t *testing.T) {
		literal := one(t, readJoined(t, bundleOf(t, referralOf(1), with(taskOf(1), "owner", object{"reference": "https://x/HealthcareService/7000000456"}))))
		if literal.Service == nil || literal.Service.ID != got.Service.ID {
			t.Errorf("service %v, want %v", literal.Service, got.Service)
		}
		if none := one(t, readJoined(t, bundleOf(t, referralOf(1), with(taskOf(1), "owner", object{"reference": "Organization/R69"})))); none.Service != nil {
			t.Errorf("service %v", none.Service)
		}
	})
}

func TestFieldsThatAreMissing(t *testing.T) {
	t.Run("a referral is shown without any field but its id and its subject", func(t *testing.T) {
		for name := range referralOf(1) {
			if name == "resourceType" || name == "subject" {
				continue
			}
			f := readJoined(t, bundleOf(t, with(referralOf(1), name, nil)))
			got := one(t, f)
			if name == "status" { // only a status that is known to be good counts as good
				if wantNotice(t, f, referral.UnreadablePart); got.State != "" {
					t.Errorf("without status it is %s", got.State)
				}
				continue
			}
			wantNotices(t, f, nil)
		}
	})
	t.Run("a referral without an id is called by its booking reference", func(t *testing.T) {
		f := readJoined(t, bundleOf(t, with(referralOf(1), "id", nil), with(appointmentOf(1), "basedOn", []any{object{"reference": "ServiceRequest/000000100001"}})))
		if one(t, f).Appointment == nil {
			t.Error("its appointment is not joined")
		}
	})
	t.Run("and that outlives an address made for one answer", func(t *testing.T) {
		named := func(fullURL string) string {
			return one(t, readJoined(t, bundleText(t, object{"resource": with(referralOf(1), "id", nil), "fullUrl": fullURL}))).ID
		}
		if named("urn:uuid:3f0c9a52-9a6b-4d0c-8f6e-0d1f6a2b3c4d") != named("urn:uuid:a2b3c4d5-9a6b-4d0c-8f6e-0d1f6a2b3c4d") {
			t.Error("a bookmark of it would break")
		}
	})
	t.Run("a referral that nothing names is named", func(t *testing.T) {
		f := readJoined(t, bundleText(t, object{"resource": with(referralOf(1), "id", nil, "identifier", nil)}))
		wantNotice(t, f, referral.UnreadableItem)
	})
	t.Run("an appointment without start is one that staff will send the date of", func(t *testing.T) {
		for _, a := range []object{with(appointmentOf(1), "start", nil, "end", nil, "slot", nil), with(appointmentOf(1), "slot", nil, "start", json.RawMessage("null"), "end", json.RawMessage("null"))} {
			f := readJoined(t, bundleOf(t, referralOf(1), a))
			if got := one(t, f); got.Appointment == nil || got.Appointment.Start != nil {
				t.Errorf("appointment %+v", got.Appointment)
			}
			wantNotices(t, f, nil)
		}
	})
	t.Run("an appointment that has a slot has a start too, which could not be read", func(t *testing.T) {
		for _, slot := range []any{[]any{identified("x", "y")}, identified("x", "y"), "slot", 7} {
			f := readJoined(t, bundleOf(t, referralOf(1), with(appointmentOf(1), "start", nil, "slot", slot)))
			if got := one(t, f); got.Appointment != nil {
				t.Errorf("appointment %+v", got.Appointment)
			}
			wantNotice(t, f, referral.UnreadableAppointment)
		}
	})
	t.Run("an appointment or task that names no patient is named and not shown", func(t *testing.T) {
		f := readJoined(t, bundleOf(t, referralOf(1), with(appointmentOf(1), "participant", nil), with(taskOf(1), "for", nil)))
		if got := one(t, f); got.Appointment != nil || got.Review != nil {
			t.Error("shown")
		}
		wantNotices(t, f, map[referral.NoticeCode]int{referral.UnreadableAppointment: 1, referral.UnreadableReview: 1})
	})
	t.Run("a referral that names no patient is named and not shown", func(t *testing.T) {
		for _, subject := range []any{nil, object{}, object{"reference": "Patient/f3a1"}, identified("https://hospital.example/mrn", "9990000018")} {
			f := readJoined(t, bundleOf(t, with(referralOf(1), "subject", subject)))
			if len(f.referrals) != 0 {
				t.Errorf("shown with subject %v", subject)
			}
			wantNotice(t, f, referral.UnreadableItem)
		}
	})
}

func TestUnknownCodesAndTypes(t *testing.T) {
	t.Run("an unknown code is passed on and costs nothing", func(t *testing.T) {
		r := with(referralOf(1), "intent", "wish", "priority", "yesterday", "extension", []any{
			object{"url": "https://fhir.nhs.uk/StructureDefinition/Extension-New", "valueDuration": "soon"},
			object{"url": extensionPriority, "valueCoding": object{"code": "WHENEVER"}},
			object{"url": extensionState, "extension": []any{object{"url": "state", "valueCoding": object{"code": "LOST"}}}},
		}, "identifier", []any{object{"use": "nickname", "system": systemUBRN, "value": "000000100001"}})
		f := readJoined(t, bundleOf(t, r))
		if got := one(t, f); got.State != "LOST" || got.Priority != "WHENEVER" || got.BookingReference != "000000100001" {
			t.Errorf("got %+v", got)
		}
		wantNotices(t, f, nil)
	})
	t.Run("an unknown kind of task has no kind", func(t *testing.T) {
		f := readJoined(t, bundleOf(t, referralOf(1), with(taskOf(1), "code", object{"coding": []any{object{"code": "TEA"}}})))
		if got := one(t, f); got.Review == nil || got.Review.Kind != "" {
			t.Errorf("review %+v", got.Review)
		}
	})
	t.Run("a resource of another type is named", func(t *testing.T) {
		for _, kind := range []string{"CarePlan", "Zebra", "servicerequest", "ServiceRequest "} {
			f := readJoined(t, bundleOf(t, referralOf(1), with(referralOf(2), "resourceType", kind)))
			one(t, f)
			wantNotice(t, f, referral.UnreadableItem)
		}
	})
	t.Run("an entry without a readable resource is named", func(t *testing.T) {
		for _, e := range []any{nil, "text", 5, true, []any{}, object{}, object{"resource": nil}, object{"resource": "x"}, object{"resource": object{"id": "1"}}, object{"resource": []any{referralOf(2)}}} {
			f := readJoined(t, bundleText(t, entryOf(referralOf(1)), e))
			one(t, f)
			if list, empty := e.([]any); empty && len(list) == 0 {
				continue // a list in the list that holds nothing
			}
			wantNotice(t, f, referral.UnreadableItem)
		}
	})
}

func TestStatusOfAppointmentsTasksAndReferrals(t *testing.T) {
	for _, status := range []string{"cancelled", "proposed", "noshow", "entered-in-error", "lost"} {
		f := readJoined(t, bundleOf(t, referralOf(1), with(appointmentOf(1), "status", status)))
		got := one(t, f)
		if got.Appointment != nil {
			t.Errorf("an appointment that is %s is shown as booked", status)
		}
		if got.Service == nil {
			t.Errorf("the service of an appointment that is %s is lost", status)
		}
		wantNotice(t, f, referral.UnreadableAppointment)
	}
	for _, status := range []string{"completed", "cancelled", "rejected", "failed", "entered-in-error"} {
		f := readJoined(t, bundleOf(t, referralOf(1), with(taskOf(1), "status", status)))
		if one(t, f).Review != nil {
			t.Errorf("a task that is %s is shown as under way", status)
		}
		wantNotice(t, f, referral.UnreadableReview)
	}
	f := readJoined(t, bundleOf(t, with(referralOf(1), "status", "entered-in-error")))
	if len(f.referrals) != 0 {
		t.Error("a referral that is an error is shown")
	}
	wantNotice(t, f, referral.UnreadableItem)
}

func TestOutcomeInTheBundle(t *testing.T) {
	outcome := func(severity string) object {
		return object{"resourceType": kindOutcome, "issue": []any{object{"severity": severity, "code": "processing", "expression": "ServiceRequest"}}}
	}
	t.Run("a remark costs nothing and is counted", func(t *testing.T) {
		for _, severity := range []string{"information", "warning"} { // a warning is about the search
			f := readJoined(t, bundleOf(t, referralOf(1), outcome(severity)))
			wantNotices(t, f, nil)
			if f.counted[reasonRemark] != 1 {
				t.Errorf("counted %v", f.counted)
			}
		}
	})
	for _, o := range []object{outcome("error"), outcome(""), {"resourceType": kindOutcome}, {"resourceType": kindOutcome, "issue": "all is lost"}} {
		f := readJoined(t, bundleOf(t, referralOf(1), o))
		one(t, f)
		wantNotice(t, f, referral.UnreadableItem)
	}
}

func TestTotal(t *testing.T) {
	with := func(members string, entries ...any) []byte {
		return []byte(`{"resourceType":"Bundle","type":"searchset",` + members + `,"entry":` + string(encode(t, entries)) + `}`)
	}
	two := []any{entryOf(referralOf(1)), entryOf(referralOf(2)), entryOf(taskOf(1))}
	for _, c := range []struct {
		members string
		entries []any
		missing int
	}{
		{`"total":2`, two, 0},
		{`"total":"5"`, two, 3},
		{`"total":1`, two, 0},
		{`"total":-1`, two, 0},
		{`"total":null`, two, 0},
		{`"total":{"n":9}`, two, 0},
		{`"total":2`, []any{entryOf(referralOf(1)), "unreadable"}, 0},
		{`"total":2`, []any{entryOf(referralOf(1)), entryOf(referralOf(1))}, 0},
		{`"total":3`, nil, 3},
		{`"link":[{"relation":"self"},{"relation":"next"}]`, two, 1},
		{`"total":4,"link":[{"relation":"next"}]`, two, 2},
	} {
		f := readJoined(t, with(c.members, c.entries...))
		if got := f.notices[referral.MissingItem]; got != c.missing {
			t.Errorf("%s with %d entries: %d missing, want %d", c.members, len(c.entries), got, c.missing)
		}
	}
}

func TestEmptyIsEmptyOnlyWhenTheNHSSaysSo(t *testing.T) {
	for _, body := range []string{
		`{"resourceType":"Bundle","type":"searchset","total":0}`, `{"resourceType":"Bundle","type":"searchset","total":0,"entry":[]}`,
		`{"resourceType":"Bundle","entry":null}`,
	} {
		f := readJoined(t, []byte(body))
		if len(f.referrals) != 0 {
			t.Errorf("%s holds %d referrals", body, len(f.referrals))
		}
		wantNotices(t, f, nil)
	}
	for _, body := range []string{
		"", "null", "[]", `""`, "0", "true", "<html>", "{}", `{"resourceType":"OperationOutcome"}`, `{"resourceType":"Bundle","type":"collection"}`,
		`{"resourceType":"Bundle"} {}`, `{"resourceType":"Bundle","entry":[}`, `{"entry":[]}`,
		`{"resourceType":"Bundle","entry":[` + strings.Repeat("{},", maxEntries) + `{}]}`,
		strings.Repeat("[", 20_000), strings.Repeat(`{"resourceType":"Bundle","entry":[`, 6_000),
	} {
		_, err := readBundle([]byte(body), own(t))
		var failure *aggregate.Failure
		if !errors.As(err, &failure) || failure.Issue != referral.IssueStructure || failure.Kind != aggregate.Unavailable || failure.NotStale {
			t.Errorf("%.40q gives %v", body, err)
		}
	}
	t.Run("entries in another form than a list are not taken for none", func(t *testing.T) {
		for _, entry := range []string{`"x"`, `{"a":1}`, "7"} {
			f := readJoined(t, []byte(`{"resourceType":"Bundle","entry":`+entry+`}`))
			wantNotice(t, f, referral.UnreadableItem)
		}
	})
}

func TestOtherFormsThanFHIRSays(t *testing.T) {
	alike := one(t, readJoined(t, bundleOf(t, referralOf(1), appointmentOf(1))))
	list := func(v any) []any { return []any{v} }
	r, a := referralOf(1), appointmentOf(1)
	specialty := object{"system": systemSpecialty, "code": "CARDIOLOGY", "display": "Cardiology"}
	for name, body := range map[string][]byte{
		"one where a list belongs": bundleOf(t, with(r, "identifier", listOf(r, "identifier")[0], "contained", listOf(r, "contained")[0], "category", "referral"),
			with(a, "basedOn", listOf(a, "basedOn")[0])),
		"a list where one belongs":                 bundleOf(t, with(r, "subject", list(r["subject"]), "performerType", list(r["performerType"]), "id", list("r.1")), a),
		"a list in a list, as the contract has":    bundleOf(t, with(r, "performerType", object{"coding": list([]any{specialty})}), a),
		"one entry, and one in a list of lists":    bundleText(t, list(entryOf(r)), entryOf(a)),
		"numbers where texts belong":               bundleOf(t, with(r, "meta", object{"versionId": 1}), with(a, "meta", object{"versionId": 1})),
		"null entries in lists":                    bundleOf(t, with(r, "extension", append([]any{nil}, listOf(r, "extension")...), "contained", append([]any{nil}, listOf(r, "contained")...)), with(a, "participant", append([]any{nil}, listOf(a, "participant")...))),
		"a booking reference that is a number":     bundleOf(t, with(r, "identifier", list(object{"system": systemUBRN, "value": json.RawMessage(`"000000100001"`), "use": 5})), a),
		"members in another case":                  []byte(strings.NewReplacer(`"resourceType"`, `"ResourceType"`, `"subject"`, `"Subject"`, `"start"`, `"START"`).Replace(string(bundleOf(t, r, a)))),
		"white space and members in another order": encodeIndented(t, bundleOf(t, r, a)),
		"an extension of an unknown form":          bundleOf(t, with(r, "text", "none", "note", 5, "supportingInfo", list(object{"identifier": object{"use": "new"}})), a),
	} {
		f := readJoined(t, body)
		if diff := cmp.Diff(alike, one(t, f)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		wantNotices(t, f, nil)
	}
}

func encodeIndented(t *testing.T, body []byte) []byte {
	t.Helper()
	var v any
	if err := json.Unmarshal(body, &v); err != nil {
		t.Fatal(err)
	}
	indented, err := json.MarshalIndent(v, "\t", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return indented
}

func TestPartsWithoutReadableFormAreNamed(t *testing.T) {
	for name, r := range map[string]object{
		"a specialty":      with(referralOf(1), "performerType", "Cardiology"),
		"the extensions":   with(referralOf(1), "extension", "BOOKED"),
		"one extension":    with(referralOf(1), "extension", append([]any{"BOOKED"}, listOf(referralOf(1), "extension")...)),
		"the referral day": with(referralOf(1), "authoredOn", "last Tuesday"),
		"only a month":     with(referralOf(1), "authoredOn", "2025-01"),
		"the referrer":     with(referralOf(1), "contained", []any{"R69"}),
	} {
		f := readJoined(t, bundleOf(t, r))
		one(t, f)
		if f.notices[referral.UnreadablePart] == 0 {
			t.Errorf("%s is lost without a notice", name)
		}
	}
	t.Run("a due day that is not a day", func(t *testing.T) {
		f := readJoined(t, bundleOf(t, referralOf(1), with(taskOf(1), "restriction", object{"period": object{"end": "2025-02-30"}})))
		if got := one(t, f); got.Review == nil || got.Review.DueBy != (referral.Date{}) {
			t.Errorf("review %+v", got.Review)
		}
		wantNotice(t, f, referral.UnreadableReview)
	})
	t.Run("an end that is not a time", func(t *testing.T) {
		f := readJoined(t, bundleOf(t, referralOf(1), with(appointmentOf(1), "end", "noon")))
		if got := one(t, f); got.Appointment == nil || got.Appointment.End != nil || got.Appointment.Start == nil {
			t.Errorf("appointment %+v", got.Appointment)
		}
		wantNotice(t, f, referral.UnreadablePart)
	})
}

// An appointment without start says "hospital staff will send you the date": a
// start that cannot be read must never say so.
func TestUnreadableStartNeverPromisesADate(t *testing.T) {
	for _, start := range []any{
		"", " ", "tomorrow", "2025-08-06", "2025-08", "14:30", "2025-02-30T10:00:00Z", "2025-08-06T25:00:00Z", "0001-01-01T00:00:00Z",
		"9999-12-31T23:59:59Z", 1754487000, true,
		object{"value": "2025-08-06T13:30:00Z"},
		[]any{},
		[]any{"2025-08-06T13:30:00Z", "2025-08-07T13:30:00Z"},
	} {
		f := readJoined(t, bundleOf(t, referralOf(1), with(appointmentOf(1), "start", start)))
		if got := one(t, f); got.Appointment != nil {
			t.Errorf("start %v is shown as %+v", start, got.Appointment)
		} else if got.Service == nil {
			t.Errorf("start %v costs the service", start)
		}
		wantNotice(t, f, referral.UnreadableAppointment)
	}
	t.Run("nor one that FHIR says is withheld", func(t *testing.T) {
		f := readJoined(t, bundleOf(t, referralOf(1), with(appointmentOf(1), "start", nil, "_start", object{"extension": []any{object{
			"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "masked",
		}}})))
		if one(t, f).Appointment != nil {
			t.Error("shown")
		}
		wantNotice(t, f, referral.UnreadableAppointment)
	})
}
