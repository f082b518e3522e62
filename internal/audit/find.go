package audit

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/client"
)

// ErrBadCursor says that a text is not a cursor of this package. The
// caller starts from the beginning.
var ErrBadCursor = errors.New("not a cursor")

// Filter chooses entries; every part that is set must match, and the zero Filter
// matches all.
type Filter struct {
	Since   time.Time   `json:"since,omitzero"` // at this time or later
	Until   time.Time   `json:"until,omitzero"` // before this time
	Citizen citizen.Ref `json:"citizen,omitempty"`
	Client  client.ID   `json:"client,omitempty"`
	Kinds   []Kind      `json:"kinds,omitempty"`
	Outcome Outcome     `json:"outcome,omitempty"`
	Actor   Actor       `json:"actor,omitempty"`
	Consent string      `json:"consent,omitempty"`
	// CorrelationID finds what joins with other systems' logs, for as long as it is kept.
	CorrelationID string `json:"correlationId,omitempty"`
	// NewestFirst turns the order round.
	NewestFirst bool `json:"newestFirst,omitempty"`
}

// MatchesAll reports whether the filter chooses every entry, in whichever order.
func (f Filter) MatchesAll() bool {
	return f.Since.IsZero() && f.Until.IsZero() && f.Citizen == "" && f.Client == "" && len(f.Kinds) == 0 && f.Outcome == "" &&
		f.Actor == "" && f.Consent == "" && f.CorrelationID == ""
}

// Matches reports whether an entry is one of those the filter chooses.
func (f Filter) Matches(e Entry) bool {
	kind := len(f.Kinds) == 0
	for _, k := range f.Kinds {
		kind = kind || k == e.Kind
	}
	return kind &&
		(f.Since.IsZero() || !e.At.Before(f.Since)) &&
		(f.Until.IsZero() || e.At.Before(f.Until)) &&
		(f.Citizen == "" || f.Citizen == e.Citizen) &&
		(f.Client == "" || f.Client == e.Client) &&
		(f.Outcome == "" || f.Outcome == e.Outcome) &&
		(f.Actor == "" || f.Actor == e.Actor) &&
		(f.Consent == "" || f.Consent == e.Consent) &&
		(f.CorrelationID == "" || f.CorrelationID == e.CorrelationID)
}

// String is the filter in words, for the entry about a read: without a correlation id,
// which is kept for less time than that entry.
func (f Filter) String() string {
	var said []string
	say := func(name, value string) {
		if value != "" {
			said = append(said, name+"="+value)
		}
	}
	for _, k := range f.Kinds {
		say("kind", string(k))
	}
	say("outcome", string(f.Outcome))
	say("actor", string(f.Actor))
	say("citizen", string(f.Citizen))
	say("client", string(f.Client))
	say("consent", f.Consent)
	if f.CorrelationID != "" {
		said = append(said, "one correlationId")
	}
	for name, at := range map[string]time.Time{"since": f.Since, "until": f.Until} {
		if !at.IsZero() {
			say(name, at.UTC().Format(time.RFC3339))
		}
	}
	slices.Sort(said)
	return strings.Join(said, " ")
}

// Finder looks up entries that still have their body.
type Finder interface {
	// Find returns at most limit matching records after the cursor, in the order of
	// their time and, within one time, of their place in the log. The clock can go
	// back between entries; places never do. None: the end.
	Find(ctx context.Context, f Filter, after Cursor, limit int) ([]Record, error)
}

// Cursor is a place in the answer of a Finder; the zero Cursor is before its first.
type Cursor struct {
	At  string // as in the leaf; empty in the zero Cursor
	Seq int64
}

// After is the cursor just behind a record that a Finder gave.
func After(r Record) (Cursor, error) {
	e, err := r.Entry()
	if err != nil {
		return Cursor{}, err
	}
	return Cursor{At: LeafTime(e.At), Seq: r.Seq}, nil
}

// LeafTime is a time as leaves have it; such texts sort as the times do.
func LeafTime(t time.Time) string { return t.UTC().Format(leafTime) }

// String is opaque to the caller; empty for the zero Cursor.
func (c Cursor) String() string {
	if c.At == "" {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, `["%s",%d]`, c.At, c.Seq))
}

// ParseCursor reads what String gave, or ErrBadCursor.
func ParseCursor(s string) (Cursor, error) {
	if s == "" {
		return Cursor{}, nil
	}
	var c Cursor
	raw, err := base64.RawURLEncoding.DecodeString(s)
	if err == nil {
		err = json.Unmarshal(raw, &[]any{&c.At, &c.Seq})
	}
	if err == nil {
		_, err = time.Parse(leafTime, c.At)
	}
	if err != nil {
		return Cursor{}, ErrBadCursor
	}
	return c, nil
}
