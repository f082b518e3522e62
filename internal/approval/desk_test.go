package approval_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/approval"
	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/store"
	"github.com/patient-care-aggregator/aggregator/internal/subject"
)

const (
	ada audit.Actor = "staff:ada"
	cal audit.Actor = "staff:cal"
)

// desk is a desk on a store of its own, at a time that tests move.
type desk struct {
	*approval.Desk

	t    *testing.T
	now  time.Time
	db   *store.Store
	fail error  // of what is to be done
	same bool   // everybody is one person
	late bool   // what is to be done is done, and then fails
	left func() // called when it is about to be done
}

func start(t *testing.T) *desk {
	t.Helper()
	d := &desk{t: t, now: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)}
	now, ids := func() time.Time { return d.now }, 0
	newID := func() string { ids++; return fmt.Sprint("id-", ids) }
	var err error
	if d.db, err = store.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "care.db"), store.Options{Now: now}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.db.Close(); err != nil {
			t.Error(err)
		}
	})
	if _, err := d.db.Subjects().AddSubject(t.Context(), citizen.Subject{Ref: "ANN", Lookup: citizen.Lookup{KeyID: "1", MAC: [32]byte{1}}, Sealed: []byte("x"), CreatedAt: d.now}); err != nil {
		t.Fatal(err)
	}
	rights, err := subject.New(subject.Deps{
		Citizens: citizen.NewRegistry(d.db.Subjects(), nil, now, nil), Log: d.db.Log(), Eraser: failing{d.db.Subjects(), d}, Sessions: d.db.Sessions(),
		Holds:   subject.Holds{Store: d.db.Log(), Now: now, NewID: newID},
		Copiers: []subject.Copier{nil}, Now: now, By: audit.ActorService,
	})
	if err != nil {
		t.Fatal(err)
	}
	d.Desk, err = approval.New(approval.Deps{
		Store: d.db.Proposals(), Log: d.db.Log(), Rights: rights, Now: now, NewID: newID,
		SamePerson: func(_ context.Context, a, b audit.Actor) (bool, error) { return a == b || d.same, nil },
		Retention: audit.Retention{
			Store: d.db.Log(), Now: now,
			Correlations: func(now time.Time) time.Time { return now.AddDate(0, 0, -90) },
			Openings:     func(now time.Time) time.Time { return now.AddDate(-8, 0, 0) },
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// failing does not erase while the desk's test says so.
type failing struct {
	store.Subjects

	d *desk
}

func (f failing) EraseSubject(ctx context.Context, ref citizen.Ref, e audit.Entry) error {
	if f.d.left != nil {
		f.d.left()
	}
	if f.d.fail != nil && !f.d.late {
		return f.d.fail
	}
	if err := f.Subjects.EraseSubject(ctx, ref, e); err != nil {
		return err
	}
	return f.d.fail
}

func (d *desk) proposed(p approval.Proposal) approval.Proposal {
	d.t.Helper()
	why, err := subject.ParseGround("legal", "", "")
	if err != nil {
		d.t.Fatal(err)
	}
	p.Ground = why
	made, err := d.Propose(d.t.Context(), p)
	if err != nil {
		d.t.Fatal(err)
	}
	return made
}

// kinds are the kinds of all entries, in turn.
func (d *desk) kinds() (out []audit.Kind) {
	d.t.Helper()
	found, err := d.db.Log().Find(d.t.Context(), audit.Filter{}, 0, 100)
	if err != nil {
		d.t.Fatal(err)
	}
	for _, r := range found {
		e, err := r.Entry()
		if err != nil {
			d.t.Fatal(err)
		}
		out = append(out, e.Kind)
	}
	return out
}

func erasure() approval.Proposal {
	return approval.Proposal{Kind: approval.Erasure, Citizen: "ANN", By: ada}
}

func TestAProposalEndsAfterItsTime(t *testing.T) {
	t.Parallel()
	d := start(t)
	p := d.proposed(erasure())
	d.now = d.now.Add(approval.Life)
	if _, err := d.Approve(t.Context(), p.ID, approval.Decider{Actor: cal}); !errors.Is(err, approval.ErrDecided) {
		t.Error(err)
	}
	if _, err := d.Reject(t.Context(), p.ID, approval.Decider{Actor: cal}); !errors.Is(err, approval.ErrDecided) {
		t.Error(err)
	}
	if got := fmt.Sprint(d.kinds()); got != "[act_proposed]" {
		t.Error(got)
	}
}

func TestAnActThatWasInterruptedIsDoneBySomebodyWhoApprovedIt(t *testing.T) {
	t.Parallel()
	d := start(t)
	p := d.proposed(erasure())
	full := errors.New("disk full")
	d.fail = full
	if _, err := d.Approve(t.Context(), p.ID, approval.Decider{Actor: cal}); !errors.Is(err, full) {
		t.Error(err)
	}
	if p, err := d.Proposal(t.Context(), p.ID); err != nil || p.State != approval.Approved {
		t.Errorf("%+v, %v", p, err)
	}
	d.fail = nil
	for by, want := range map[audit.Actor]error{ada: approval.ErrOwn, "staff:eve": approval.ErrDecided} {
		if _, err := d.Approve(t.Context(), p.ID, approval.Decider{Actor: by}); !errors.Is(err, want) {
			t.Errorf("%s: %v", by, err)
		}
	}
	d.now = d.now.Add(2 * approval.Life)
	if p, err := d.Approve(t.Context(), p.ID, approval.Decider{Actor: cal}); err != nil || p.State != approval.Done {
		t.Errorf("%+v, %v", p, err)
	}
	if got := fmt.Sprint(d.kinds()); got != "[act_proposed act_approved erasure erasure]" { // the first one says that it failed
		t.Error(got)
	}
	if _, err := d.db.Subjects().Subject(t.Context(), "ANN"); !errors.Is(err, citizen.ErrNoSubject) {
		t.Error(err)
	}
}

// What was done is not done again, nor told as failed, only because nobody heard of it.
func TestAnActThatWasDoneIsNotDoneAgain(t *testing.T) {
	t.Parallel()
	d := start(t)
	p := d.proposed(erasure())
	lost := errors.New("the answer was lost")
	d.fail, d.late = lost, true
	if _, err := d.Approve(t.Context(), p.ID, approval.Decider{Actor: cal}); !errors.Is(err, lost) {
		t.Error(err)
	}
	d.fail = nil
	if p, err := d.Approve(t.Context(), p.ID, approval.Decider{Actor: cal}); err != nil || p.State != approval.Done {
		t.Errorf("%+v, %v", p, err)
	}
	done := 0
	for _, k := range d.kinds() {
		if k == audit.Erased {
			done++
		}
	}
	if done != 2 { // one by the store, one that says that it failed
		t.Errorf("%v", d.kinds())
	}
}

// Who approved and leaves does not stop what is being done.
func TestAnActGoesOnWhenWhoApprovedItLeaves(t *testing.T) {
	t.Parallel()
	d := start(t)
	p := d.proposed(erasure())
	ctx, leave := context.WithCancel(t.Context())
	d.left = leave
	if p, err := d.Approve(ctx, p.ID, approval.Decider{Actor: cal}); err != nil || p.State != approval.Done {
		t.Errorf("%+v, %v", p, err)
	}
}

func TestOnePersonUnderTwoPseudonymsIsOne(t *testing.T) {
	t.Parallel()
	d := start(t)
	p := d.proposed(erasure())
	d.same = true
	if _, err := d.Approve(t.Context(), p.ID, approval.Decider{Actor: cal}); !errors.Is(err, approval.ErrOwn) {
		t.Error(err)
	}
}

// An approval that comes after the end of what it is about does nothing.
func TestAWithholdingThatIsOverIsNotBegun(t *testing.T) {
	t.Parallel()
	d := start(t)
	e := audit.Entry{Kind: audit.AuditorRead, At: d.now, Citizen: "ANN", Actor: ada, Outcome: audit.Succeeded}
	if _, err := d.db.Log().Append(t.Context(), audit.Guard{}, e); err != nil {
		t.Fatal(err)
	}
	p := d.proposed(approval.Proposal{Kind: approval.Withhold, Until: d.now.Add(time.Hour), By: ada})
	d.now = d.now.Add(2 * time.Hour)
	if _, err := d.Approve(t.Context(), p.ID, approval.Decider{Actor: cal}); !errors.Is(err, approval.ErrDecided) {
		t.Error(err)
	}
	if got := fmt.Sprint(d.kinds()); got != "[auditor_read act_proposed]" {
		t.Error(got)
	}
}

// What does not belong to an act is refused: it could put its entries into a citizen's list.
func TestAProposalHasWhatItsKindNeedsAndNothingElse(t *testing.T) {
	t.Parallel()
	d := start(t)
	why, err := subject.ParseGround("legal", "", "")
	if err != nil {
		t.Fatal(err)
	}
	soon := d.now.Add(time.Hour)
	for name, p := range map[string]approval.Proposal{
		"withholding, about somebody": {Kind: approval.Withhold, Until: soon, Citizen: "ANN"},
		"withholding, with a hold":    {Kind: approval.Withhold, Until: soon, Hold: "h"},
		"lifting, about somebody":     {Kind: approval.Lift, Hold: "h", Citizen: "ANN"},
		"lifting, of an entry":        {Kind: approval.Lift, Hold: "h", Seq: 3},
		"retention, about somebody":   {Kind: approval.Retention, Citizen: "ANN"},
		"retention, until a time":     {Kind: approval.Retention, Until: soon},
		"a hold, with the log":        {Kind: approval.Hold, Citizen: "ANN", Extent: subject.PersonAndList},
		"an erasure of a hold":        {Kind: approval.Erasure, Citizen: "ANN", Hold: "h"},
		"an unknown act":              {Kind: "delete", Citizen: "ANN"},
	} {
		p.Ground, p.By = why, ada
		if _, err := d.Propose(t.Context(), p); !errors.Is(err, approval.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if len(d.kinds()) != 0 {
		t.Error(d.kinds())
	}
}

// What opens old entries goes only when somebody has approved what the service proposed,
// and no more than what was due then.
func TestRetentionIsProposedOnceAndDoneWhenItIsApproved(t *testing.T) {
	t.Parallel()
	d := start(t)
	add := func() {
		t.Helper()
		e := audit.Entry{Kind: audit.DataRefused, At: d.now, Citizen: "ANN", Actor: audit.ActorCitizen, Outcome: audit.Refused, CorrelationID: "x"}
		if _, err := d.db.Log().Append(t.Context(), audit.Guard{}, e); err != nil {
			t.Fatal(err)
		}
	}
	add()
	add()
	propose := func() {
		t.Helper()
		if err := d.ProposeRetention(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	propose()
	if got := fmt.Sprint(d.kinds()); got != "[data_refused data_refused]" {
		t.Fatal(got)
	}
	d.now = d.now.AddDate(0, 0, 7)
	add()
	d.now = d.now.AddDate(8, 0, -6)
	propose()
	propose()
	all, err := d.Proposals(t.Context())
	if err != nil || len(all) != 1 || all[0].By != audit.ActorService || all[0].Plan.Before != 2 || all[0].Plan.Due.Openings != 2 {
		t.Fatalf("%+v, %v", all, err)
	}
	d.now = d.now.AddDate(0, 0, 10) // the third is due too by now
	if _, err := d.Approve(t.Context(), all[0].ID, approval.Decider{Actor: cal}); !errors.Is(err, approval.ErrNobodys) {
		t.Errorf("one person was enough: %v", err)
	}
	if p, err := d.Approve(t.Context(), all[0].ID, approval.Decider{Actor: audit.ActorOperator, Names: "Ada, approved by Grace"}); err != nil || p.State != approval.Done {
		t.Fatalf("%+v, %v", p, err)
	}
	report, err := audit.Verify(t.Context(), d.db.Log())
	if err != nil || report.Removed != 2 || len(report.Prunings) != 1 {
		t.Errorf("%+v, %v", report, err)
	}
	found, err := d.db.Log().Find(t.Context(), audit.Filter{Kinds: []audit.Kind{audit.Pruned}}, 0, 10)
	if err != nil || len(found) != 1 {
		t.Fatalf("%+v, %v", found, err)
	}
	if e, err := found[0].Entry(); err != nil || e.Actor != audit.ActorOperator || e.Act != all[0].ID || e.Note != "by Ada, approved by Grace" || e.Reason != "below entry 2, older than 2026-03-03T09:00:00Z" {
		t.Errorf("%+v, %v", e, err)
	}
	propose()
	if all, err := d.Proposals(t.Context()); err != nil || len(all) != 2 || all[1].Plan.Before != 3 {
		t.Errorf("%+v, %v", all, err)
	}
	d.now = d.now.Add(approval.Kept + time.Second)
	if err := d.Tidy(t.Context()); err != nil {
		t.Fatal(err)
	}
	if all, err := d.Proposals(t.Context()); err != nil || len(all) != 0 {
		t.Errorf("%+v, %v", all, err)
	}
}

func TestADeskIsMadeOfAllItsParts(t *testing.T) {
	t.Parallel()
	if _, err := approval.New(approval.Deps{}); err == nil {
		t.Error("it was made of nothing")
	}
}
