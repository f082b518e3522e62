package audit

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"slices"
)

// ErrNoList says that the log has no entry about that citizen, or that they were erased.
var ErrNoList = errors.New("no list of entries")

// ListID names a list of entries. Each citizen has one, under a random id that is used
// in the log and nowhere else; two more hold what is about no single citizen. The
// entries of a list are numbered 1, 2, 3 … in the order of the log, so a reader of all of
// them sees that no number is missing. The zero ListID names no list.
type ListID [16]byte

// The lists that are no citizen's. Looks and exports about no single citizen are in
// Everybody, which travels beside each citizen's list; what concerns nobody is in Service.
var (
	Everybody = ListID([]byte("everybody\x00\x00\x00\x00\x00\x00\x00"))
	Service   = ListID([]byte("service\x00\x00\x00\x00\x00\x00\x00\x00\x00"))
)

// NewList makes the id of a citizen's list.
func NewList() ListID {
	var l ListID
	_, _ = rand.Read(l[:]) // never fails, see NewSalt
	return l
}

// String is "everybody", "service" or unpadded base64url; empty for the zero ListID.
func (l ListID) String() string {
	switch l {
	case ListID{}:
		return ""
	case Everybody:
		return "everybody"
	case Service:
		return "service"
	}
	return base64.RawURLEncoding.EncodeToString(l[:])
}

// ParseListID reads what String gave. The empty text names no list.
func ParseListID(text string) (ListID, error) {
	var l ListID
	return l, l.UnmarshalText([]byte(text))
}

// MarshalText is String.
func (l ListID) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (l *ListID) UnmarshalText(text []byte) error {
	switch string(text) {
	case "":
		*l = ListID{}
	case "everybody":
		*l = Everybody
	case "service":
		*l = Service
	default:
		if err := readText(l[:], text); err != nil {
			return err
		}
		if *l == (ListID{}) { // a filter by it would choose everything
			return errNotText
		}
	}
	return nil
}

// IsCitizens reports whether it is a citizen's list.
func (l ListID) IsCitizens() bool { return l != ListID{} && l != Everybody && l != Service }

// Closes reports whether an entry of a list is its last one, for ever: the citizen was
// erased.
func (e Entry) Closes() bool {
	return e.Kind == Erased && e.Outcome == Succeeded && e.List.IsCitizens()
}

// OfNobody is the list of a kind of entry that is about no single citizen.
func OfNobody(k Kind) ListID {
	if slices.Contains([]Kind{AuditorRead, Exported, SubjectAccess}, k) {
		return Everybody
	}
	return Service
}
