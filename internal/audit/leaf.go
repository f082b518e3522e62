package audit

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/patient-care-aggregator/aggregator/internal/client"
)

// ErrInvalidEntry says that an entry cannot be written: no kind, no time, no
// outcome, or larger than [MaxLeaf]. It is the caller's fault and will not pass
// at a second try.
var ErrInvalidEntry = errors.New("invalid audit entry")

// ErrNotLeaf says that bytes are not the canonical form of any entry: something
// else than this package wrote them, or somebody changed them.
var ErrNotLeaf = errors.New("not a canonical audit leaf")

// MaxLeaf is the most bytes that a leaf may have, and what it commits to as well.
const MaxLeaf = 4 << 10

const (
	leafVersion = 2
	// Nine fractional digits always, so that leaf times sort as text.
	leafTime = "2006-01-02T15:04:05.000000000Z"
)

// Leaf is what is hashed into the tree: what anybody may see of an entry, and two
// commitments. Who is to the list and the number in it, What to the rest.
type Leaf struct {
	Open Entry // only what the leaf says itself
	Who  Commitment
	What Commitment
}

// leafV2 is the canonical form: this order of fields, no space, UTC times, absent
// fields left out. It MUST NOT change; a new form is a new version.
type leafV2 struct {
	Version   int        `json:"v"`
	At        string     `json:"at"`
	Who       Commitment `json:"who"`
	Kind      Kind       `json:"kind"`
	Outcome   Outcome    `json:"outcome"`
	Actor     Actor      `json:"actor,omitempty"` // which sort: a person is in the detail
	Client    client.ID  `json:"client,omitempty"`
	Policy    string     `json:"policy,omitempty"`
	ValueSets string     `json:"valueSets,omitempty"`
	Stale     bool       `json:"stale,omitempty"`
	Partial   bool       `json:"partial,omitempty"`
	AsOf      string     `json:"asOf,omitempty"`
	Age       int64      `json:"age,omitempty"` // seconds
	Before    int64      `json:"before,omitempty"`
	What      Commitment `json:"what"`
}

// detail is the canonical form of what a leaf commits to as What. The rules are those
// of leafV2.
type detail struct {
	Actor           Actor       `json:"actor,omitempty"` // a person's, with the pseudonym
	Purpose         string      `json:"purpose,omitempty"`
	Reason          string      `json:"reason,omitempty"`
	Act             string      `json:"act,omitempty"`
	Ground          string      `json:"ground,omitempty"`
	Case            string      `json:"case,omitempty"`
	Note            *Commitment `json:"note,omitempty"`
	Consent         string      `json:"consent,omitempty"`
	Event           int64       `json:"event,omitempty"`
	Scopes          []string    `json:"scopes,omitempty"`
	Notice          string      `json:"notice,omitempty"`
	Referrals       int         `json:"referrals,omitempty"`
	ReferralsDigest string      `json:"referralsDigest,omitempty"`
	Digest          string      `json:"digest,omitempty"`
	Removes         int         `json:"removes,omitempty"`
	Correlation     *Commitment `json:"correlation,omitempty"`
}

// Prepared is an entry that is encoded but for its time and its place.
type Prepared struct {
	Entry Entry // as it came

	tail        []byte // of the leaf, behind Who
	detail      []byte
	whoSalt     Salt
	whatSalt    Salt
	note        *Note
	correlation *Correlation
}

// headLength is how long the part of a leaf is that Place writes.
const headLength = len(`{"v":2,"at":""`) + len(leafTime) + len(`,"who":""`) + 43

// Prepare encodes an entry, to keep the one that places entries free. Errors: ErrInvalidEntry.
func Prepare(e Entry) (*Prepared, error) {
	if e.Kind == "" || e.Outcome == "" || e.At.IsZero() || e.At.UTC().Year() > 9999 || e.At.UTC().Year() < 1 {
		return nil, fmt.Errorf("%w: kind, outcome and a time are required", ErrInvalidEntry)
	}
	if (e.Kind == Pruned) != (e.Before != 0) || e.Before < 0 {
		return nil, fmt.Errorf("%w: a place to prune before belongs to that kind only", ErrInvalidEntry)
	}
	p := &Prepared{Entry: e, whoSalt: NewSalt(), whatSalt: NewSalt()}
	d := detail{
		Purpose: e.Purpose, Reason: e.Reason, Act: e.Act, Ground: e.Ground, Case: e.Case, Consent: e.Consent, Event: e.Event, Scopes: e.Scopes,
		Notice: e.Notice, Referrals: e.Referrals, ReferralsDigest: e.ReferralsDigest, Digest: e.Digest, Removes: e.Removes,
	}
	if sortOf(e.Actor) != e.Actor {
		d.Actor = e.Actor
	}
	if e.Note != "" {
		p.note = &Note{Salt: NewSalt(), Text: e.Note}
		c := commitTo(p.note.Salt, []byte(e.Note))
		d.Note = &c
	}
	if e.CorrelationID != "" {
		p.correlation = &Correlation{Salt: NewSalt(), ID: e.CorrelationID}
		c := commitTo(p.correlation.Salt, []byte(e.CorrelationID))
		d.Correlation = &c
	}
	const usual = 384 // bytes of a detail, and of a tail
	p.detail = d.append(make([]byte, 0, usual))
	open := openPart(e, Commitment{}, commitTo(p.whatSalt, p.detail))
	p.tail = open.append(make([]byte, 0, usual))
	if headLength+len(p.tail) > MaxLeaf || len(p.detail) > MaxLeaf {
		return nil, fmt.Errorf("%w: %d and %d bytes", ErrInvalidEntry, headLength+len(p.tail), len(p.detail))
	}
	if len(e.Note) > MaxLeaf {
		return nil, fmt.Errorf("%w: a note of %d bytes", ErrInvalidEntry, len(e.Note))
	}
	return p, nil
}

// Place gives the entry its time and its place in a list, and returns its leaf and
// what opens that. previous is the sequence number of the entry before it in the list; -1: none.
func (p *Prepared) Place(at time.Time, list ListID, number, previous int64) ([]byte, *Opening) {
	leaf := head(make([]byte, 0, headLength+len(p.tail)), at, commitToWho(p.whoSalt, list, number))
	return append(leaf, p.tail...), &Opening{
		List: list, Number: number, Previous: previous, WhoSalt: p.whoSalt,
		Detail: p.detail, WhatSalt: p.whatSalt, Note: p.note, Correlation: p.correlation,
	}
}

// sortOf is which sort of actor it is: a staff member without who they are.
func sortOf(a Actor) Actor {
	sort, _, _ := strings.Cut(string(a), ":")
	return Actor(sort)
}

func openPart(e Entry, who, what Commitment) leafV2 {
	l := leafV2{
		Version: leafVersion, At: LeafTime(e.At), Who: who,
		Kind: e.Kind, Outcome: e.Outcome, Actor: sortOf(e.Actor), Client: e.Client,
		Policy: e.Policy, ValueSets: e.ValueSets, Stale: e.Stale, Partial: e.Partial,
		Age: int64(e.Age / time.Second), Before: e.Before, What: what,
	}
	if !e.AsOf.IsZero() {
		l.AsOf = e.AsOf.UTC().Format(time.RFC3339)
	}
	return l
}

// append appends the canonical form of what stands behind Who.
func (l *leafV2) append(to []byte) []byte {
	m := members{to}
	m.text("kind", string(l.Kind))
	m.text("outcome", string(l.Outcome))
	m.text("actor", string(l.Actor))
	m.text("client", string(l.Client))
	m.text("policy", l.Policy)
	m.text("valueSets", l.ValueSets)
	m.flag("stale", l.Stale)
	m.flag("partial", l.Partial)
	m.text("asOf", l.AsOf)
	m.number("age", l.Age)
	m.number("before", l.Before)
	m.commitment("what", l.What)
	return append(m.json, '}')
}

// head appends the beginning of a leaf, up to and with Who.
func head(to []byte, at time.Time, who Commitment) []byte {
	to = append(to, `{"v":2,"at":"`...)
	to = at.UTC().AppendFormat(to, leafTime)
	m := members{append(to, '"')}
	m.commitment("who", who)
	return m.json
}

// append appends the canonical form.
func (d *detail) append(to []byte) []byte {
	m := members{to}
	m.text("actor", string(d.Actor))
	m.text("purpose", d.Purpose)
	m.text("reason", d.Reason)
	m.text("act", d.Act)
	m.text("ground", d.Ground)
	m.text("case", d.Case)
	if d.Note != nil {
		m.commitment("note", *d.Note)
	}
	m.text("consent", d.Consent)
	m.number("event", d.Event)
	m.texts("scopes", d.Scopes)
	m.text("notice", d.Notice)
	m.number("referrals", int64(d.Referrals))
	m.text("referralsDigest", d.ReferralsDigest)
	m.text("digest", d.Digest)
	m.number("removes", int64(d.Removes))
	if d.Correlation != nil {
		m.commitment("correlation", *d.Correlation)
	}
	if len(m.json) == len(to) {
		m.json = append(m.json, '{')
	}
	m.json[len(to)] = '{' // in place of the first comma
	return append(m.json, '}')
}

// members appends members of an object, each behind a comma. What is zero is left out.
type members struct{ json []byte }

func (m *members) name(name string) {
	m.json = append(append(append(m.json, `,"`...), name...), `":`...)
}

func (m *members) text(name, value string) {
	if value != "" {
		m.name(name)
		m.quote(value)
	}
}

func (m *members) quote(value string) {
	// It fails only for what is not UTF-8, which it replaces.
	m.json, _ = jsontext.AppendQuote(m.json, value)
}

func (m *members) texts(name string, values []string) {
	if len(values) == 0 {
		return
	}
	m.name(name)
	m.json = append(m.json, '[')
	for i, value := range values {
		if i > 0 {
			m.json = append(m.json, ',')
		}
		m.quote(value)
	}
	m.json = append(m.json, ']')
}

func (m *members) number(name string, value int64) {
	if value != 0 {
		m.name(name)
		m.json = strconv.AppendInt(m.json, value, 10)
	}
}

func (m *members) flag(name string, value bool) {
	if value {
		m.name(name)
		m.json = append(m.json, "true"...)
	}
}

func (m *members) commitment(name string, value Commitment) {
	m.name(name)
	m.json = append(m.json, '"')
	m.json, _ = value.AppendText(m.json) // never fails
	m.json = append(m.json, '"')
}

// decode reads one JSON value of known members.
func decode(text []byte, into any) error {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		return fmt.Errorf("%w: %w", ErrNotLeaf, err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return fmt.Errorf("%w: more than one value", ErrNotLeaf)
	}
	return nil
}

var errNotCanonical = fmt.Errorf("%w: not as it would have been written", ErrNotLeaf)

// Decode reads a leaf. Bytes that [Prepared.Place] would not have written give ErrNotLeaf.
func Decode(text []byte) (Leaf, error) {
	var l leafV2
	if err := decode(text, &l); err != nil {
		return Leaf{}, err
	}
	if l.Version != leafVersion {
		return Leaf{}, fmt.Errorf("%w: version %d", ErrNotLeaf, l.Version)
	}
	at, err := time.Parse(leafTime, l.At)
	if err != nil {
		return Leaf{}, fmt.Errorf("%w: %w", ErrNotLeaf, err)
	}
	e := Entry{
		Kind: l.Kind, At: at, Outcome: l.Outcome, Actor: l.Actor, Client: l.Client, Policy: l.Policy, ValueSets: l.ValueSets,
		Stale: l.Stale, Partial: l.Partial, Age: time.Duration(l.Age) * time.Second, Before: l.Before,
	}
	if l.AsOf != "" {
		if e.AsOf, err = time.Parse(time.RFC3339, l.AsOf); err != nil {
			return Leaf{}, fmt.Errorf("%w: %w", ErrNotLeaf, err)
		}
	}
	again := openPart(e, l.Who, l.What)
	if !bytes.Equal(again.append(head(nil, at, l.Who)), text) {
		return Leaf{}, errNotCanonical
	}
	return Leaf{Open: e, Who: l.Who, What: l.What}, nil
}
