package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/client"
	"github.com/patient-care-aggregator/aggregator/internal/consent"
)

// Copied are the parts of a store that a citizen's copy is read from.
type Copied struct {
	Log      Log
	Subjects Subjects
	Sessions Sessions
	Consents Consents
}

// Export writes what is held about one citizen, for a subject access request: one JSON
// object a line, of the kinds subject, session, consentEvent, logEntry and everybodyEntry
// (looks and exports about no single citizen), in that order. Of somebody erased it writes
// what is left under the pseudonym. Sealed values are left out (what they hold is the NHS
// number that the person asked with, and tokens of NHS login; what was observed of their
// referrals is exported by internal/history), and so are the rows of holds and the words of
// staff in the log, which are not the person's data. Entries about holds are in the log and
// so in the copy. Of an entry that is withheld at that time it writes that it is there, and
// its number.
//
// The caller records that it happened (audit.SubjectAccess) before it starts.
func (s *Store) Export(ctx context.Context, ref citizen.Ref, at time.Time, w io.Writer) error {
	return Copied{Log: s.log, Subjects: s.subjects, Sessions: s.sessions, Consents: s.consents}.Export(ctx, ref, at, w)
}

// Export is that of [Store].
func (s Copied) Export(ctx context.Context, ref citizen.Ref, at time.Time, w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	for _, part := range []func(context.Context, citizen.Ref, *json.Encoder) error{
		s.exportSubject, s.exportSessions, s.exportConsents, s.exportLog(at),
	} {
		if err := part(ctx, ref, enc); err != nil {
			return fmt.Errorf("export subject: %w", err)
		}
	}
	return nil
}

func (s Copied) exportSubject(ctx context.Context, ref citizen.Ref, enc *json.Encoder) error {
	subject, err := s.Subjects.Subject(ctx, ref)
	if errors.Is(err, citizen.ErrNoSubject) {
		return nil
	}
	if err != nil {
		return err
	}
	return enc.Encode(struct {
		Kind      string      `json:"kind"`
		Pseudonym citizen.Ref `json:"pseudonym"`
		CreatedAt time.Time   `json:"createdAt"`
	}{"subject", subject.Ref, subject.CreatedAt})
}

func (s Copied) exportSessions(ctx context.Context, ref citizen.Ref, enc *json.Encoder) error {
	sessions, err := s.Sessions.Times(ctx, ref)
	if err != nil {
		return err
	}
	for _, r := range sessions {
		err := enc.Encode(struct {
			Kind      string    `json:"kind"`
			CreatedAt time.Time `json:"createdAt"`
			SeenAt    time.Time `json:"seenAt"`
			ExpiresAt time.Time `json:"expiresAt"`
		}{"session", r.CreatedAt, r.SeenAt, r.ExpiresAt})
		if err != nil {
			return err
		}
	}
	return nil
}

func (s Copied) exportConsents(ctx context.Context, ref citizen.Ref, enc *json.Encoder) error {
	events, err := s.Consents.Events(ctx, ref)
	if err != nil {
		return err
	}
	for _, e := range events {
		err := enc.Encode(struct {
			Kind         string          `json:"kind"`
			Seq          int64           `json:"seq"`
			Consent      string          `json:"consent"`
			Event        consent.Kind    `json:"event"`
			Client       client.ID       `json:"client"`
			Scopes       []consent.Scope `json:"scopes,omitempty"`
			Asked        []consent.Scope `json:"asked,omitempty"`
			Notice       string          `json:"notice,omitempty"`
			NoticeDigest string          `json:"noticeDigest,omitempty"`
			Language     string          `json:"language,omitempty"`
			Channel      string          `json:"channel,omitempty"`
			At           time.Time       `json:"at"`
			ExpiresAt    time.Time       `json:"expiresAt,omitzero"`
		}{
			"consentEvent", e.Seq, e.ID, e.Kind, e.Client, e.Scopes, e.Asked,
			e.Notice, e.NoticeDigest, e.Language, e.Channel, e.At, e.ExpiresAt,
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// exportLog writes the citizen's list, and the looks and exports since its first entry
// that were about no single citizen, so about them as well. Of an entry that is withheld it
// writes that it is there, under its number.
func (s Copied) exportLog(at time.Time) func(context.Context, citizen.Ref, *json.Encoder) error {
	return func(ctx context.Context, ref citizen.Ref, enc *json.Encoder) error {
		list, err := s.Log.ListOf(ctx, ref)
		if errors.Is(err, audit.ErrNoList) {
			return nil
		}
		if err != nil {
			return err
		}
		withheld, err := s.Log.Withheld(ctx, at)
		if err != nil {
			return err
		}
		var since time.Time // of their first entry that is still open
		err = s.eachOf(ctx, audit.Filter{List: list}, func(r audit.Record) error {
			if since.IsZero() {
				e, err := r.Entry()
				if err != nil {
					return err
				}
				since = e.At
			}
			_, closed := withheld[r.Seq]
			return enc.Encode(exported("logEntry", r, closed))
		})
		if err != nil || since.IsZero() {
			return err
		}
		return s.eachOf(ctx, audit.Filter{List: audit.Everybody, Since: since}, func(r audit.Record) error {
			return enc.Encode(exported("everybodyEntry", r, false))
		})
	}
}

// eachOf goes through the entries that a filter chooses.
func (s Copied) eachOf(ctx context.Context, f audit.Filter, do func(audit.Record) error) error {
	for after := audit.Cursor(0); ; {
		const page = 500
		records, err := s.Log.Find(ctx, f, after, page)
		if err != nil || len(records) == 0 {
			return err
		}
		for _, r := range records {
			if err := do(r); err != nil {
				return err
			}
		}
		after = audit.After(records[len(records)-1])
	}
}

// logEntry is an entry of the log in a citizen's copy.
type logEntry struct {
	Kind     string          `json:"kind"`
	Seq      int64           `json:"seq"`
	Leaf     json.RawMessage `json:"leaf,omitempty"`
	Opening  *audit.Opening  `json:"opening,omitempty"`
	Number   int64           `json:"citizenSeq,omitempty"` // of an entry that is withheld, or everybody's
	Withheld bool            `json:"withheld,omitempty"`
}

func exported(kind string, r audit.Record, withheld bool) logEntry {
	e := logEntry{Kind: kind, Seq: r.Seq}
	switch {
	case r.Opening == nil:
		e.Leaf = r.Leaf
	case r.Opening.List == audit.Everybody: // what it says can be about the case of somebody else
		e.Leaf, e.Number = r.Leaf, r.Opening.Number
	case withheld: // the leaf says which kind of act it was
		e.Withheld, e.Number = true, r.Opening.Number
	default:
		e.Leaf, e.Opening = r.Leaf, r.Opening
		e.Opening.Note = nil // the words of staff may tell of others
	}
	return e
}
