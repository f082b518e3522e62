package restore_test

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/restore"
	"github.com/patient-care-aggregator/aggregator/internal/session"
	"github.com/patient-care-aggregator/aggregator/internal/staff/account"
	"github.com/patient-care-aggregator/aggregator/internal/store"
	"github.com/patient-care-aggregator/aggregator/internal/subject"
)

// restored is a database that lost its newest entries.
type restored struct {
	t    *testing.T
	db   *store.Store
	last audit.Checkpoint // that was signed before the loss
}

func now() time.Time { return time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC) }

func setUp(t *testing.T, size int64) *restored {
	t.Helper()
	db, err := store.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "care.db"), store.Options{Now: now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	for i, ref := range []citizen.Ref{"ANN", "BOB"} {
		s := citizen.Subject{Ref: ref, Lookup: citizen.Lookup{KeyID: "1", MAC: [32]byte{byte(i)}}, Sealed: []byte("x"), CreatedAt: now()}
		if _, err := db.Subjects().AddSubject(t.Context(), s); err != nil {
			t.Fatal(err)
		}
		e := audit.Entry{Kind: audit.SignedIn, At: now(), Citizen: ref, Actor: audit.ActorCitizen, Outcome: audit.Succeeded}
		if _, err := db.Log().Append(t.Context(), audit.Guard{}, e); err != nil {
			t.Fatal(err)
		}
	}
	return &restored{t: t, db: db, last: audit.Checkpoint{Size: size, Root: tlog.Hash{7}}}
}

func (r *restored) accept(state string, erased ...audit.Erasure) (restore.Report, error) {
	r.t.Helper()
	why, err := subject.ParseGround("restore", "", "disk failure")
	if err != nil {
		r.t.Fatal(err)
	}
	return restore.Accept(r.t.Context(), restore.Deps{
		Log: r.db.Log(), Consents: r.db.Consents(), Sessions: r.db.Sessions(), Staff: r.db.StaffAccounts(), OneTime: r.db.OneTimeValues(), Subjects: r.db.Subjects(), Now: now,
	}, restore.Request{State: state, Last: r.last, Erasures: erased, Why: why.By("Ada, approved by Grace")})
}

// state is the state that a refusal names.
func (r *restored) state() string {
	r.t.Helper()
	_, err := r.accept("none")
	if !errors.Is(err, restore.ErrOtherState) {
		r.t.Fatal(err)
	}
	_, state, _ := strings.Cut(err.Error(), "it is ")
	return state
}

func (r *restored) size() int64 {
	r.t.Helper()
	n, err := r.db.Log().Size(r.t.Context())
	if err != nil {
		r.t.Fatal(err)
	}
	return n
}

func TestAStateIsAcceptedOnce(t *testing.T) {
	t.Parallel()
	r := setUp(t, 9)
	state := r.state()
	if r.size() != 2 {
		t.Fatal("a refusal wrote something")
	}
	done, err := r.accept(state, audit.Erasure{Seq: 5, Citizen: "ANN", At: now(), Openings: true}, audit.Erasure{Seq: 6, Citizen: "NOBODY", At: now()})
	if err != nil || done != (restore.Report{Erased: 1}) {
		t.Errorf("%+v, %v", done, err)
	}
	if _, err := r.db.Subjects().Subject(t.Context(), "ANN"); !errors.Is(err, citizen.ErrNoSubject) {
		t.Error(err)
	}
	report, err := audit.Verify(t.Context(), r.db.Log())
	if err != nil || report.Erased != 1 {
		t.Errorf("%+v, %v", report, err)
	}
	if _, err := r.accept(state); !errors.Is(err, restore.ErrOtherState) {
		t.Errorf("accepted twice: %v", err)
	}
}

func TestALogThatContinuesIsNoFork(t *testing.T) {
	t.Parallel()
	r := setUp(t, 0)
	var err error
	if r.last.Root, err = tlog.TreeHash(0, audit.HashReader(t.Context(), r.db.Log())); err != nil {
		t.Fatal(err)
	}
	if _, err := r.accept(r.state()); !errors.Is(err, restore.ErrNoFork) {
		t.Error(err)
	}
	if r.size() != 2 {
		t.Error("it wrote something")
	}
}

// Who signed out after the backup was made is still signed in there.
func TestNoSessionOfTheBackupGoesOn(t *testing.T) {
	t.Parallel()
	r := setUp(t, 9)
	ada := account.Session{Hash: [32]byte{1}, Sealed: []byte("x"), SeenAt: now(), ExpiresAt: now().Add(8 * time.Hour)}
	if err := r.db.StaffAccounts().AddStaffSession(t.Context(), ada, 10); err != nil {
		t.Fatal(err)
	}
	bob := session.Record{Hash: [32]byte{2}, Citizen: "BOB", Sealed: []byte("x"), CreatedAt: now(), SeenAt: now(), ExpiresAt: now().Add(12 * time.Hour)}
	e := audit.Entry{Kind: audit.SignedIn, At: now(), Citizen: "BOB", Actor: audit.ActorCitizen, Outcome: audit.Succeeded}
	if err := r.db.Sessions().AddSession(t.Context(), bob, e); err != nil {
		t.Fatal(err)
	}
	if done, err := r.accept(r.state()); err != nil || done.Sessions != 1 {
		t.Errorf("%+v, %v", done, err)
	}
	if _, err := r.db.StaffAccounts().StaffSession(t.Context(), ada.Hash); !errors.Is(err, account.ErrNoSession) {
		t.Errorf("an auditor's: %v", err)
	}
	if _, err := r.db.Sessions().Session(t.Context(), bob.Hash); !errors.Is(err, session.ErrNone) {
		t.Errorf("a citizen's: %v", err)
	}
}

// A hold of the backup stops the acceptance until it is lifted: somebody has to decide
// between it and the erasure. What was done before stays, and it can be done again.
func TestAHoldInTheBackupStopsTheAcceptance(t *testing.T) {
	t.Parallel()
	r := setUp(t, 9)
	e := audit.Entry{Kind: audit.HoldPlaced, At: now(), Citizen: "BOB", Actor: audit.ActorOperator, Outcome: audit.Succeeded}
	if err := r.db.Log().PlaceHold(t.Context(), audit.Hold{ID: "hold-1", Citizen: "BOB", Reason: "legal", PlacedAt: now()}, e); err != nil {
		t.Fatal(err)
	}
	erased := []audit.Erasure{{Seq: 5, Citizen: "ANN", At: now()}, {Seq: 6, Citizen: "BOB", At: now()}}
	done, err := r.accept(r.state(), erased...)
	if !errors.Is(err, audit.ErrHeld) || done.Erased != 1 {
		t.Errorf("%+v, %v", done, err)
	}
	e.Kind = audit.HoldLifted
	if err := r.db.Log().LiftHold(t.Context(), "hold-1", "legal", now(), e); err != nil {
		t.Fatal(err)
	}
	if done, err := r.accept(r.state(), erased...); err != nil || done.Erased != 1 {
		t.Errorf("%+v, %v", done, err)
	}
}
