package audit

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// Opening is what lies beside a leaf and opens its commitments. Retention and
// erasure remove openings; the leaf stays and says nothing of it any more.
type Opening struct {
	List     ListID `json:"list"`
	Number   int64  `json:"citizenSeq"` // place in the list, from 1
	Previous int64  `json:"previous"`   // sequence number of the entry before it in the list; -1: none
	WhoSalt  Salt   `json:"whoSalt"`
	// Detail is exactly the bytes that the leaf commits to.
	Detail   json.RawMessage `json:"detail"`
	WhatSalt Salt            `json:"whatSalt"`
	// Note opens the commitment to the words of an act of staff; nil: there were none.
	Note *Note `json:"note,omitempty"`
	// Correlation opens the commitment in Detail; nil: it has none, or retention
	// removed it.
	Correlation *Correlation `json:"correlation,omitempty"`
}

var errOpening = errors.New("does not open its leaf")

// Opens fills an entry with what the opening says, or tells how it is not the one
// of the leaf.
func (o *Opening) Opens(l Leaf) (Entry, error) {
	var d detail
	switch {
	case commitToWho(o.WhoSalt, o.List, o.Number) != l.Who:
		return Entry{}, fmt.Errorf("its list or number %w", errOpening)
	case commitTo(o.WhatSalt, o.Detail) != l.What:
		return Entry{}, fmt.Errorf("its detail %w", errOpening)
	}
	if err := decode(o.Detail, &d); err != nil {
		return Entry{}, err
	}
	if !bytes.Equal(d.append(nil), o.Detail) {
		return Entry{}, errNotCanonical
	}
	e := l.Open
	e.List, e.Number = o.List, o.Number
	if d.Actor != "" {
		e.Actor = d.Actor
	}
	e.Purpose, e.Reason, e.Consent, e.Event, e.Scopes, e.Notice = d.Purpose, d.Reason, d.Consent, d.Event, d.Scopes, d.Notice
	e.Act, e.Ground, e.Case = d.Act, d.Ground, d.Case
	e.Referrals, e.ReferralsDigest, e.Digest, e.Removes = d.Referrals, d.ReferralsDigest, d.Digest, d.Removes
	if o.Note != nil {
		if d.Note == nil || !o.Note.Opens(*d.Note) {
			return Entry{}, fmt.Errorf("its note %w", errOpening)
		}
		e.Note = o.Note.Text
	}
	if o.Correlation != nil {
		if d.Correlation == nil || !o.Correlation.Opens(*d.Correlation) {
			return Entry{}, fmt.Errorf("its correlation id %w", errOpening)
		}
		e.CorrelationID = o.Correlation.ID
	}
	return e, nil
}

// ErrNotOpening says that bytes are not what [Opening.AppendBinary] wrote.
var ErrNotOpening = errors.New("not a stored opening")

// What of an opening is there, as bits of one byte.
const (
	hasNote        = 1 << 0
	hasCorrelation = 1 << 1
)

// AppendBinary appends the form in which openings are stored: list id, number,
// previous + 1, both salts, length of the detail, detail, a byte that says what follows
// (1: note, 2: correlation id), salt, length and text of the note, salt of the
// correlation id and the id. Numbers are unsigned varints.
func (o *Opening) AppendBinary(to []byte) ([]byte, error) {
	to = append(to, o.List[:]...)
	to = binary.AppendUvarint(to, uint64(o.Number))     //nolint:gosec // from 1
	to = binary.AppendUvarint(to, uint64(o.Previous+1)) //nolint:gosec // from -1
	to = append(append(to, o.WhoSalt[:]...), o.WhatSalt[:]...)
	to = append(binary.AppendUvarint(to, uint64(len(o.Detail))), o.Detail...)
	var parts byte
	if o.Note != nil {
		parts |= hasNote
	}
	if o.Correlation != nil {
		parts |= hasCorrelation
	}
	to = append(to, parts)
	if o.Note != nil {
		to = append(to, o.Note.Salt[:]...)
		to = append(binary.AppendUvarint(to, uint64(len(o.Note.Text))), o.Note.Text...)
	}
	if o.Correlation != nil {
		to = append(append(to, o.Correlation.Salt[:]...), StoredID(o.Correlation.ID)...)
	}
	return to, nil
}

// UnmarshalBinary reads what AppendBinary wrote, or returns ErrNotOpening.
func (o *Opening) UnmarshalBinary(from []byte) error {
	r := openingReader{from, true}
	copy(o.List[:], r.bytes(len(o.List)))
	o.Number = r.number()
	o.Previous = r.number() - 1
	copy(o.WhoSalt[:], r.bytes(len(o.WhoSalt)))
	copy(o.WhatSalt[:], r.bytes(len(o.WhatSalt)))
	o.Detail = append(json.RawMessage(nil), r.bytes(int(r.number()))...)
	parts := r.bytes(1)
	o.Note, o.Correlation = nil, nil
	if len(parts) == 1 && parts[0]&hasNote != 0 {
		o.Note = &Note{}
		copy(o.Note.Salt[:], r.bytes(len(o.Note.Salt)))
		o.Note.Text = string(r.bytes(int(r.number())))
	}
	if len(parts) == 1 && parts[0]&hasCorrelation != 0 {
		o.Correlation = &Correlation{}
		copy(o.Correlation.Salt[:], r.bytes(len(o.Correlation.Salt)))
		o.Correlation.ID = r.id()
	} else if len(r.rest) > 0 {
		r.ok = false
	}
	if len(parts) != 1 || parts[0] > hasNote|hasCorrelation {
		r.ok = false
	}
	if !r.ok || o.Number < 1 {
		return ErrNotOpening
	}
	return nil
}

// PlaceIn is the list and the number of an opening that is stored, without the rest.
func PlaceIn(stored []byte) (list ListID, number int64, err error) {
	r := openingReader{stored, true}
	copy(list[:], r.bytes(len(list)))
	if number = r.number(); !r.ok || number < 1 {
		return ListID{}, 0, ErrNotOpening
	}
	return list, number, nil
}

// How a correlation id is stored: its text, or the bytes of a UUID (RFC 9562, section 4,
// in lower case), which nearly all are.
const (
	asText     = 't'
	asUUID     = 'u'
	uuidLength = 16
)

// StoredID is how an opening that is stored ends if it has this correlation id.
func StoredID(id string) []byte {
	raw, err := hex.DecodeString(strings.ReplaceAll(id, "-", ""))
	if err != nil || len(raw) != uuidLength || uuidText(raw) != id {
		return append([]byte{asText}, id...)
	}
	return append([]byte{asUUID}, raw...)
}

func (r *openingReader) id() string {
	switch kind := r.bytes(1); {
	case len(kind) == 0:
	case kind[0] == asText:
		return string(r.rest)
	case kind[0] == asUUID && len(r.rest) == uuidLength:
		return uuidText(r.rest)
	}
	r.ok = false
	return ""
}

func uuidText(raw []byte) string {
	h := hex.EncodeToString(raw)
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

type openingReader struct {
	rest []byte
	ok   bool
}

func (r *openingReader) bytes(n int) []byte {
	if n < 0 || n > len(r.rest) {
		r.ok, r.rest = false, nil
		return nil
	}
	taken := r.rest[:n]
	r.rest = r.rest[n:]
	return taken
}

func (r *openingReader) number() int64 {
	n, length := binary.Uvarint(r.rest)
	if length <= 0 || n > 1<<62 {
		r.ok, r.rest = false, nil
		return 0
	}
	r.rest = r.rest[length:]
	return int64(n)
}
