package audit

import (
	"context"
	"errors"
	"slices"
	"strconv"
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
	Since   time.Time `json:"since,omitzero"` // at this time or later
	Until   time.Time `json:"until,omitzero"` // before this time
	List    ListID    `json:"list,omitzero"`
	Seq     *int64    `json:"seq,omitempty"` // the entry of that number only
	Client  client.ID `json:"client,omitempty"`
	Kinds   []Kind    `json:"kinds,omitempty"`
	Outcome Outcome   `json:"outcome,omitempty"`
	Actor   Actor     `json:"actor,omitempty"`
	Consent string    `json:"consent,omitempty"`
	Act     string    `json:"act,omitempty"` // the entries of one act of staff
	// CorrelationID finds what joins with other systems' logs, for as long as it is kept.
	CorrelationID string `json:"correlationId,omitempty"`
	// NewestFirst turns the order round.
	NewestFirst bool `json:"newestFirst,omitempty"`
}

// MatchesAll reports whether the filter chooses every entry, in whichever order.
func (f Filter) MatchesAll() bool {
	return f.Since.IsZero() && f.Until.IsZero() && f.List == ListID{} && f.Seq == nil && f.Client == "" && len(f.Kinds) == 0 && f.Outcome == "" &&
		f.Actor == "" && f.Consent == "" && f.Act == "" && f.CorrelationID == ""
}

// Matches reports whether an entry, and its sequence number, is one of those the filter
// chooses.
func (f Filter) Matches(seq int64, e Entry) bool {
	kind := len(f.Kinds) == 0
	for _, k := range f.Kinds {
		kind = kind || k == e.Kind
	}
	return kind &&
		(f.Seq == nil || *f.Seq == seq) &&
		(f.Since.IsZero() || !e.At.Before(f.Since)) &&
		(f.Until.IsZero() || e.At.Before(f.Until)) &&
		(f.List == ListID{} || f.List == e.List) &&
		(f.Client == "" || f.Client == e.Client) &&
		(f.Outcome == "" || f.Outcome == e.Outcome) &&
		(f.Actor == "" || f.Actor == e.Actor) &&
		(f.Consent == "" || f.Consent == e.Consent) &&
		(f.Act == "" || f.Act == e.Act) &&
		(f.CorrelationID == "" || f.CorrelationID == e.CorrelationID)
}

// IsList reports whether the filter chooses a list, or its entries of a time, in the
// order of the log.
func (f Filter) IsList() bool {
	list := f
	list.Since, list.Until, list.List = time.Time{}, time.Time{}, ListID{}
	return f.List != ListID{} && !f.NewestFirst && list.MatchesAll()
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
	say("list", f.List.String())
	if f.Seq != nil {
		say("seq", strconv.FormatInt(*f.Seq, 10))
	}
	say("client", string(f.Client))
	say("consent", f.Consent)
	say("act", f.Act)
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

// Finder looks up entries.
type Finder interface {
	// Find returns at most limit matching records after the cursor, in the order of the
	// log, which is the order of their times. What opened an entry may have been removed:
	// then only filters by what its leaf says choose it. None: the end.
	Find(ctx context.Context, f Filter, after Cursor, limit int) ([]Record, error)
	// ListOf is the list of a citizen's entries, or ErrNoList.
	ListOf(ctx context.Context, ref citizen.Ref) (ListID, error)
}

// Cursor is a place in the answer of a Finder; the zero Cursor is before its first.
// Any other is one more than the sequence number of the record that was given last.
type Cursor int64

// After is the cursor just behind a record that a Finder gave.
func After(r Record) Cursor { return Cursor(r.Seq + 1) }

// Seq is the sequence number of the record that was given last; false: none was.
func (c Cursor) Seq() (int64, bool) { return int64(c) - 1, c > 0 }

// String is opaque to the caller; empty for the zero Cursor.
func (c Cursor) String() string {
	if c == 0 {
		return ""
	}
	return strconv.FormatInt(int64(c)-1, 10)
}

// ParseCursor reads what String gave, or ErrBadCursor.
func ParseCursor(s string) (Cursor, error) {
	if s == "" {
		return 0, nil
	}
	seq, err := strconv.ParseInt(s, 10, 64)
	c := Cursor(seq + 1)
	if err != nil || seq < 0 || c < 1 || c.String() != s {
		return 0, ErrBadCursor
	}
	return c, nil
}

// LeafTime is a time as leaves have it; such texts sort as the times do.
func LeafTime(t time.Time) string { return t.UTC().Format(leafTime) }
