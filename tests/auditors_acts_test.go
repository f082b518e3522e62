package tests_test

import (
	"bytes"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/tests/harness"
)

// staffAct is an answer about an act of staff.
type staffAct struct {
	ID, Act, State, ProposedBy string
	List, DecidedBy            *string
}

func proposed(b *harness.Browser, status int, body map[string]any) staffAct {
	b.T.Helper()
	a := b.Post("/audit/v1/acts", body)
	harness.Answered(b.T, a, status)
	return harness.Read[staffAct](b.T, a.Body)
}

func erasureOf(number string) map[string]any {
	return map[string]any{"act": "erasure", "nhsNumber": number, "reason": "erasure_request", "case": "SAR-14/26"}
}

// Nobody erases anybody alone: one proposes, another approves, and the log has both steps
// and the erasure under one id.
func TestAnErasureTakesTwoPeople(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	bella := s.Consented("bella")
	bella.Get("/v1/timeline")
	number := s.Number("bella")
	ada, cal := s.Auditor("ada"), s.Auditor("cal")

	act := proposed(ada, http.StatusCreated, erasureOf(number))
	harness.Answered(t, bella.Get("/v1/timeline"), http.StatusOK)
	harness.Refused(t, ada.Post("/audit/v1/acts/"+act.ID+"/approve", nil), http.StatusConflict, "conflict")
	harness.Answered(t, bella.Get("/v1/timeline"), http.StatusOK)

	a := cal.Post("/audit/v1/acts/"+act.ID+"/approve", nil)
	harness.Answered(t, a, http.StatusOK)
	done := harness.Read[staffAct](t, a.Body)
	if done.State != "done" || done.DecidedBy == nil || *done.DecidedBy == done.ProposedBy || done.List == nil {
		t.Errorf("%s", a.Body)
	}
	harness.Refused(t, bella.Get("/v1/timeline"), http.StatusUnauthorized, "session_expired")
	harness.Refused(t, cal.Post("/audit/v1/acts/"+act.ID+"/approve", nil), http.StatusConflict, "conflict")
	harness.Refused(t, cal.Post("/audit/v1/acts/"+act.ID+"/reject", nil), http.StatusConflict, "conflict")

	for kind, by := range map[audit.Kind]string{audit.ActProposed: done.ProposedBy, audit.ActApproved: *done.DecidedBy, audit.Erased: *done.DecidedBy} {
		found := entriesOf(s, kind)
		if len(found) != 1 || found[0].Act != act.ID || string(found[0].Actor) != by || found[0].Ground != "erasure_request" || found[0].Case != "SAR-14/26" {
			t.Errorf("%s: %+v", kind, found)
		}
	}
	if found := readEntries(cal, "act="+act.ID).Entries; len(found) != 3 {
		t.Errorf("%+v", found)
	}
	if a := cal.Get("/audit/v1/acts"); !bytes.Contains(a.Body, []byte(act.ID)) || bytes.Contains(a.Body, []byte(number)) {
		t.Errorf("%s", a.Body)
	}
}

func TestActsThatAreNotDone(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	s.Consented("bella").Get("/v1/timeline")
	number := s.Number("bella")
	ada, cal := s.Auditor("ada"), s.Auditor("cal")

	t.Run("a proposal that is not fit", func(t *testing.T) {
		soon := s.Clock.Now().Add(time.Hour).Format(time.RFC3339)
		for name, body := range map[string]map[string]any{
			"no act":                     {"nhsNumber": number, "reason": "legal"},
			"an unknown act":             {"act": "delete", "nhsNumber": number, "reason": "legal"},
			"nobody":                     {"act": "erasure", "reason": "legal"},
			"no NHS number":              {"act": "erasure", "nhsNumber": "9990000019", "reason": "legal"},
			"no reason":                  {"act": "erasure", "nhsNumber": number},
			"a note that names somebody": {"act": "erasure", "nhsNumber": number, "reason": "legal", "note": "for " + number},
			"no hold":                    {"act": "lift", "reason": "legal"},
			"no entry":                   {"act": "withhold", "reason": "legal", "until": soon},
			"no time":                    {"act": "withhold", "reason": "legal", "seq": 1},
			"a time that is over":        {"act": "withhold", "reason": "legal", "seq": 1, "until": "2020-01-01T00:00:00Z"},
			"for ever":                   {"act": "withhold", "reason": "legal", "seq": 1, "until": "2120-01-01T00:00:00Z"},
			"about somebody, of no use":  {"act": "withhold", "seq": 1, "until": soon, "nhsNumber": number, "reason": "legal"},
			"unfit, about nobody known":  {"act": "x", "nhsNumber": "9990000026", "reason": "legal"},
			"an entry, of an erasure":    {"act": "erasure", "nhsNumber": "9990000026", "seq": 1, "reason": "legal"},
			"with the log, of a hold":    {"act": "hold", "nhsNumber": number, "reason": "legal", "withLog": true},
			"something unknown":          {"act": "erasure", "nhsNumber": number, "reason": "legal", "force": true},
		} {
			a := ada.Post("/audit/v1/acts", body)
			harness.Refused(t, a, http.StatusBadRequest, "bad_request")
			if bytes.Contains(a.Body, []byte(number)) {
				t.Errorf("%s: it repeats the number: %s", name, a.Body)
			}
		}
		if n := len(entriesOf(s, audit.ActProposed)); n != 0 {
			t.Errorf("%d were proposed", n)
		}
	})
	t.Run("retention of which nothing is due", func(t *testing.T) {
		harness.Refused(t, ada.Post("/audit/v1/acts", map[string]any{"act": "retention", "reason": "retention"}), http.StatusConflict, "conflict")
	})
	t.Run("somebody unknown is told so, and that they were asked for is in the log", func(t *testing.T) {
		harness.Refused(t, ada.Post("/audit/v1/acts", erasureOf("9990000026")), http.StatusNotFound, "not_found")
		found := entriesOf(s, audit.ActProposed)
		if len(found) != 1 || found[0].Outcome != audit.Refused || found[0].Reason != "no_subject" {
			t.Errorf("%+v", found)
		}
	})
	t.Run("what is rejected is not done, and an act that is not there neither", func(t *testing.T) {
		act := proposed(ada, http.StatusCreated, erasureOf(number))
		harness.Answered(t, ada.Post("/audit/v1/acts/"+act.ID+"/reject", nil), http.StatusOK)
		harness.Refused(t, cal.Post("/audit/v1/acts/"+act.ID+"/approve", nil), http.StatusConflict, "conflict")
		harness.Refused(t, cal.Post("/audit/v1/acts/none/approve", nil), http.StatusNotFound, "not_found")
		if n := len(entriesOf(s, audit.Erased)); n != 0 {
			t.Errorf("%d erasures", n)
		}
	})
	t.Run("a hold placed after the proposal prevents the erasure, until it is lifted, by two", func(t *testing.T) {
		act := proposed(ada, http.StatusCreated, erasureOf(number))
		held := proposed(ada, http.StatusOK, map[string]any{"act": "hold", "nhsNumber": number, "reason": "legal", "note": "inquest"})
		if held.State != "done" {
			t.Errorf("%+v", held)
		}
		harness.Refused(t, cal.Post("/audit/v1/acts/"+act.ID+"/approve", nil), http.StatusConflict, "conflict")
		placed := entriesOf(s, audit.HoldPlaced)
		_, id, _ := strings.Cut(placed[len(placed)-1].Reason, "hold ")
		lift := proposed(ada, http.StatusCreated, map[string]any{"act": "lift", "hold": id, "reason": "legal"})
		harness.Answered(t, cal.Post("/audit/v1/acts/"+lift.ID+"/approve", nil), http.StatusOK)
		again := proposed(ada, http.StatusCreated, erasureOf(number))
		harness.Answered(t, cal.Post("/audit/v1/acts/"+again.ID+"/approve", nil), http.StatusOK)
	})
	t.Run("of several who approve at once one does it", func(t *testing.T) {
		s.Consented("sunny")
		act := proposed(ada, http.StatusCreated, erasureOf(s.Number("sunny")))
		before := len(entriesOf(s, audit.ActApproved))
		answers := make(chan int)
		for range 8 {
			go func() { answers <- cal.Post("/audit/v1/acts/"+act.ID+"/approve", nil).Status }()
		}
		for range 8 {
			if status := <-answers; status != http.StatusOK && status != http.StatusConflict {
				t.Errorf("status %d", status)
			}
		}
		if n := len(entriesOf(s, audit.ActApproved)) - before; n != 1 {
			t.Errorf("%d approvals", n)
		}
	})
}

// What the service proposes is nobody's: a member of staff makes it theirs, and another
// one approves.
func TestRetentionTakesTwoPeople(t *testing.T) {
	t.Parallel()
	s := harness.Start(t, harness.Env("PCA_RETENTION_LOG", "1y"))
	s.Consented("bella").Get("/v1/timeline")
	s.Clock.Advance(367 * 24 * time.Hour)
	ada, cal := s.Auditor("ada"), s.Auditor("cal")
	act := proposed(ada, http.StatusCreated, map[string]any{"act": "retention", "reason": "retention"})
	harness.Refused(t, ada.Post("/audit/v1/acts/"+act.ID+"/approve", nil), http.StatusConflict, "conflict")
	if n := len(entriesOf(s, audit.DataReleased)); n != 1 {
		t.Fatalf("%d entries", n)
	}
	harness.Answered(t, cal.Post("/audit/v1/acts/"+act.ID+"/approve", nil), http.StatusOK)
	if e := entriesOf(s, audit.DataReleased)[0]; e.Purpose != "" || e.List.IsCitizens() {
		t.Errorf("what it says is still there: %+v", e)
	}
	if found := entriesOf(s, audit.Pruned); len(found) != 1 || found[0].Act != act.ID {
		t.Errorf("%+v", found)
	}
}

// Each role opens its own routes and no other.
func TestRolesAreApart(t *testing.T) {
	t.Parallel()
	s := harness.Start(t, harness.Env("PCA_STAFF_ROLES", "auditor=count+read+search+records,count=count,read=read,search=search,records=records"))
	routes := map[string][]func(*harness.Browser) int{}
	get := func(role string, paths ...string) {
		for _, path := range paths {
			routes[role] = append(routes[role], func(b *harness.Browser) int { return b.Get(path).Status })
		}
	}
	get("count", "/audit/v1/statistics", "/audit/v1/checkpoint", "/audit/v1/proof?seq=0&size=1", "/audit/v1/consistency?from=0&to=1")
	get("read", "/audit/v1/entries", "/audit/v1/entries?format=csv", "/audit/v1/consents")
	get("records", "/audit/v1/acts")
	routes["search"] = append(routes["search"], func(b *harness.Browser) int { return searchByNumber(b, "9990000026", reasonForLooking).Status })
	routes["records"] = append(routes["records"],
		func(b *harness.Browser) int { return b.Post("/audit/v1/acts", map[string]any{}).Status },
		func(b *harness.Browser) int { return b.Post("/audit/v1/acts/x/approve", nil).Status },
		func(b *harness.Browser) int { return b.Post("/audit/v1/acts/x/reject", nil).Status })
	for mine := range routes {
		s.Sandbox.SetStaffRoles("ada", mine)
		b := s.Auditor("ada")
		before, refused := len(entriesOf(s, audit.AuditorRead)), 0
		for role, ways := range routes {
			for i, way := range ways {
				status := way(b)
				if role != mine {
					refused++
				}
				if (status == http.StatusForbidden) != (role != mine) {
					t.Errorf("with %s, route %d of %s: %d", mine, i, role, status)
				}
			}
		}
		told := 0
		for _, e := range entriesOf(s, audit.AuditorRead)[before:] {
			if e.Outcome == audit.Refused && e.Reason == "role_required" {
				told++
			}
		}
		if told != refused {
			t.Errorf("with %s: %d of %d refusals are in the log", mine, told, refused)
		}
	}
}

func TestSigningSomebodyOutIsDoneAtOnce(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	bella, sunny := s.Consented("bella"), s.Consented("sunny")
	act := proposed(s.Auditor("ada"), http.StatusOK, map[string]any{"act": "sign_out", "nhsNumber": s.Number("bella"), "reason": "security", "note": "phone lost"})
	if act.State != "done" {
		t.Errorf("%+v", act)
	}
	harness.Refused(t, bella.Get("/v1/timeline"), http.StatusUnauthorized, "session_expired")
	harness.Answered(t, sunny.Get("/v1/timeline"), http.StatusOK)
}

// What is withheld by law is shown to its citizen as an entry that says nothing, and comes
// back by itself.
func TestAnEntryIsWithheldFromItsCitizen(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	bella := s.Consented("bella")
	ada, cal := s.Auditor("ada"), s.Auditor("cal")
	harness.Answered(t, searchByNumber(ada, s.Number("bella"), "for the police"), http.StatusOK)
	page := readEntries(ada, "kind=auditor_read&order=newest&limit=2")
	seq := page.Entries[1].Seq // the newest is this look
	if l := page.Entries[1].List; l == nil || *l == "everybody" {
		t.Fatalf("%+v", page)
	}
	seen := func() (looks, closed int) {
		a := bella.Get("/v1/access-log")
		harness.Answered(t, a, http.StatusOK)
		return bytes.Count(a.Body, []byte(`"code":"auditor_read"`)), bytes.Count(a.Body, []byte(`"code":"withheld_entry"`))
	}
	if looks, closed := seen(); looks != 1 || closed != 0 {
		t.Fatalf("%d looks, %d withheld", looks, closed)
	}
	act := proposed(ada, http.StatusCreated, map[string]any{
		"act": "withhold", "seq": seq, "until": s.Clock.Now().Add(30 * 24 * time.Hour), "reason": "legal", "case": "POL-7/26",
	})
	harness.Answered(t, cal.Post("/audit/v1/acts/"+act.ID+"/approve", nil), http.StatusOK)
	if looks, closed := seen(); looks != 0 || closed != 1 {
		t.Errorf("%d looks, %d withheld", looks, closed)
	}
	found := entriesOf(s, audit.Withheld)
	if len(found) != 1 || !found[0].List.IsCitizens() || found[0].Act != act.ID {
		t.Errorf("%+v", found)
	}
	if a := ada.Get("/audit/v1/statistics"); !bytes.Contains(a.Body, []byte(`"withheld":2`)) {
		t.Errorf("nobody counts it: %s", a.Body)
	}
	s.Clock.Advance(31 * 24 * time.Hour)
	bella = s.SignedIn("bella")
	if looks, closed := seen(); looks != 1 || closed != 0 {
		t.Errorf("afterwards %d looks, %d withheld", looks, closed)
	}
	sees := false
	for _, e := range readEntries(s.Auditor("ada"), "list="+found[0].List.String()).Entries {
		sees = sees || e.Seq == seq && e.Note != nil && *e.Note == "for the police"
	}
	if !sees {
		t.Error("an auditor does not see what it says")
	}
}
