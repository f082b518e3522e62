package subject

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/citizen"
)

// ErrUnknown says that no citizen with the NHS number is known here. Answer the
// person who asked; the log has an entry that they asked.
var ErrUnknown = errors.New("no citizen with this NHS number is known here: they never signed in, or were erased")

// Finder finds a citizen by NHS number, or returns citizen.ErrNoSubject.
type Finder interface {
	LookUp(ctx context.Context, number citizen.NHSNumber) (citizen.Ref, error)
}

// Eraser removes who a citizen is and logs that, both or neither, or returns audit.ErrHeld.
type Eraser interface {
	// EraseSubject leaves the log as it is.
	EraseSubject(ctx context.Context, ref citizen.Ref, e audit.Entry) error
	// EraseSubjectAndOpenings removes what opens the entries of their list too, and their
	// consents. It sets Removes and Digest of the entry.
	EraseSubjectAndOpenings(ctx context.Context, ref citizen.Ref, e audit.Entry) error
}

// Log is the log as [Rights] needs it.
type Log interface {
	audit.Appender
	// ListOf is the list of a citizen's entries, or audit.ErrNoList.
	ListOf(ctx context.Context, ref citizen.Ref) (audit.ListID, error)
}

// Sessions ends all sessions of a citizen, or with an empty ref everybody's, and logs
// that, both or neither. It returns how many there were.
type Sessions interface {
	EndSessions(ctx context.Context, ref citizen.Ref, a audit.Entry) (int, error)
}

// Copier writes what one part of the service holds about a citizen, one JSON object
// on each line.
type Copier func(ctx context.Context, ref citizen.Ref, w io.Writer) error

// Deps are what [Rights] needs; all fields are required.
type Deps struct {
	Citizens Finder
	Log      Log
	Holds    Holds
	Eraser   Eraser
	Sessions Sessions
	Copiers  []Copier // in the order in which they write
	Now      func() time.Time
	By       audit.Actor // who acts
}

// Rights carries out the rights of citizens.
type Rights struct {
	d   Deps
	act string // joins the entries of an act; empty: there is only one
}

// New checks d.
func New(d Deps) (*Rights, error) {
	if d.Citizens == nil || d.Log == nil || d.Holds.Store == nil || d.Eraser == nil || d.Sessions == nil || len(d.Copiers) == 0 || d.Now == nil || d.By == "" {
		return nil, errors.New("new subject rights: all dependencies are required")
	}
	return &Rights{d, ""}, nil
}

// As is the same in somebody else's name, as a step of an act.
func (r *Rights) As(by audit.Actor, act string) *Rights {
	d := r.d
	d.By = by
	return &Rights{d, act}
}

// Copy writes all that is held about a citizen. Errors: ErrUnknown.
func (r *Rights) Copy(ctx context.Context, number citizen.NHSNumber, why Ground, w io.Writer) error {
	ref, err := r.find(ctx, number)
	if err := r.log(ctx, why.On(r.entry(audit.SubjectAccess, ref, "subject-access")), err); err != nil {
		return err
	}
	for _, write := range r.d.Copiers {
		if err := write(ctx, ref, w); err != nil {
			return err
		}
	}
	return nil
}

// Extent is how much an erasure removes.
type Extent int

// The extents of an erasure.
const (
	Person        Extent = iota // who they are: their list stays and leads to nobody
	PersonAndList               // what opens the entries of their list too
)

// Erase removes who a citizen is and returns the list that the log keeps; none: the log
// had no entry about them. The entry is the last of that list. Errors: ErrUnknown,
// audit.ErrHeld.
func (r *Rights) Erase(ctx context.Context, number citizen.NHSNumber, extent Extent, why Ground) (audit.ListID, error) {
	ref, err := r.find(ctx, number)
	if err != nil {
		return audit.ListID{}, r.log(ctx, why.On(r.entry(audit.Erased, ref, "erasure")), err)
	}
	return r.EraseRef(ctx, ref, extent, why)
}

// EraseRef is Erase for a citizen who was found before.
func (r *Rights) EraseRef(ctx context.Context, ref citizen.Ref, extent Extent, why Ground) (audit.ListID, error) {
	e := why.On(r.entry(audit.Erased, ref, "erasure"))
	err := r.d.Holds.InForce(ctx, ref)
	var list audit.ListID
	if err == nil {
		if list, err = r.d.Log.ListOf(ctx, ref); errors.Is(err, audit.ErrNoList) {
			err = nil
		}
	}
	switch {
	case err != nil:
	case extent == PersonAndList:
		err = r.d.Eraser.EraseSubjectAndOpenings(ctx, ref, e)
	default:
		err = r.d.Eraser.EraseSubject(ctx, ref, e)
	}
	if err != nil {
		return audit.ListID{}, r.log(ctx, e, err)
	}
	return list, nil
}

// SignOut ends all sessions of a citizen and returns how many there were. Errors:
// ErrUnknown.
func (r *Rights) SignOut(ctx context.Context, number citizen.NHSNumber, why Ground) (int, error) {
	ref, err := r.find(ctx, number)
	if err != nil {
		return 0, r.log(ctx, why.On(r.entry(audit.SignedOut, "", "session")), err)
	}
	return r.SignOutRef(ctx, ref, why)
}

// SignOutRef ends all sessions of a citizen who was found before, or with an empty ref
// everybody's: somebody lost a phone, or a key was seen. It returns how many there were.
func (r *Rights) SignOutRef(ctx context.Context, ref citizen.Ref, why Ground) (int, error) {
	return SignOut(ctx, r.d.Sessions, why.On(r.entry(audit.SignedOut, ref, "session")))
}

// SignOut ends the sessions of the citizen whom an entry is about, or everybody's where it
// is about nobody, and returns how many there were.
func SignOut(ctx context.Context, sessions Sessions, e audit.Entry) (int, error) {
	n, err := sessions.EndSessions(ctx, e.Citizen, e)
	if err != nil {
		return 0, fmt.Errorf("sign out: %w", err)
	}
	return n, nil
}

// Hold keeps a citizen's record from being erased. Errors: ErrUnknown.
func (r *Rights) Hold(ctx context.Context, number citizen.NHSNumber, why Ground) (audit.Hold, error) {
	ref, err := r.find(ctx, number)
	if err != nil {
		return audit.Hold{}, r.log(ctx, why.On(r.entry(audit.HoldPlaced, "", "retention")), err)
	}
	return r.HoldRef(ctx, ref, why)
}

// HoldRef is Hold for a citizen who was found before, or with an empty ref for everything.
func (r *Rights) HoldRef(ctx context.Context, ref citizen.Ref, why Ground) (audit.Hold, error) {
	return r.d.Holds.Place(ctx, ref, why, r.entry(audit.HoldPlaced, ref, "retention"))
}

// Lift ends a hold, or returns audit.ErrNoHold.
func (r *Rights) Lift(ctx context.Context, id string, why Ground) error {
	return r.d.Holds.Lift(ctx, id, why, r.entry(audit.HoldLifted, "", "retention"))
}

func (r *Rights) find(ctx context.Context, number citizen.NHSNumber) (citizen.Ref, error) {
	ref, err := r.d.Citizens.LookUp(ctx, number)
	if errors.Is(err, citizen.ErrNoSubject) {
		return "", ErrUnknown
	}
	return ref, err
}

// log writes an entry about an act. why is the reason that prevents the act; log
// returns it, joined with the error of the log, if there is one.
func (r *Rights) log(ctx context.Context, e audit.Entry, why error) error {
	switch {
	case errors.Is(why, ErrUnknown):
		e.Outcome, e.Reason = audit.Refused, "no_subject"
	case errors.Is(why, audit.ErrHeld):
		e.Outcome, e.Reason = audit.Refused, "held"
	case why != nil:
		e.Outcome, e.Reason = audit.Failed, "internal_error"
	}
	if _, err := r.d.Log.Append(ctx, audit.Guard{}, e); err != nil {
		return errors.Join(why, fmt.Errorf("write to the log: %w", err))
	}
	return why
}

func (r *Rights) entry(kind audit.Kind, ref citizen.Ref, purpose string) audit.Entry {
	return audit.Entry{Kind: kind, At: r.d.Now(), Actor: r.d.By, Citizen: ref, Purpose: purpose, Act: r.act, Outcome: audit.Succeeded}
}
