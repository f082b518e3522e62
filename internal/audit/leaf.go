package audit

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/client"
)

// ErrInvalidEntry says that an entry cannot be written: no kind, no time, no
// outcome, or larger than [MaxLeaf]. It is the caller's fault and will not pass
// at a second try.
var ErrInvalidEntry = errors.New("invalid audit entry")

// ErrNotLeaf says that bytes are not the canonical form of any entry: something
// else than this package wrote them, or somebody changed them.
var ErrNotLeaf = errors.New("not a canonical audit leaf")

// MaxLeaf is the most bytes that one leaf may have.
const MaxLeaf = 64 << 10

const (
	leafVersion = 1
	// Nine fractional digits always, so that leaf times sort as text.
	leafTime = "2006-01-02T15:04:05.000000000Z"
)

// leafV1 is the canonical form: this order of fields, no space, UTC times,
// absent fields left out. It MUST NOT change; a new form is a new version.
type leafV1 struct {
	Version    int         `json:"v"`
	At         string      `json:"at"`
	Kind       Kind        `json:"kind"`
	Outcome    Outcome     `json:"outcome"`
	Actor      Actor       `json:"actor,omitempty"`
	Citizen    citizen.Ref `json:"citizen,omitempty"`
	Client     client.ID   `json:"client,omitempty"`
	Purpose    string      `json:"purpose,omitempty"`
	Reason     string      `json:"reason,omitempty"`
	Consent    string      `json:"consent,omitempty"`
	Scopes     []string    `json:"scopes,omitempty"`
	Notice     string      `json:"notice,omitempty"`
	Referrals  []string    `json:"referrals,omitempty"`
	Digest     string      `json:"digest,omitempty"`
	Policy     string      `json:"policy,omitempty"`
	ValueSets  string      `json:"valueSets,omitempty"`
	Before     int64       `json:"before,omitempty"`
	Commitment string      `json:"correlation,omitempty"` // base64url of the commitment
}

// Encode gives the canonical leaf of an entry. The correlation id goes in as a
// commitment under the salt; an entry without one has no commitment.
func Encode(e Entry, salt Salt) ([]byte, error) {
	if e.Kind == "" || e.Outcome == "" || e.At.IsZero() || e.At.UTC().Year() > 9999 || e.At.UTC().Year() < 1 {
		return nil, fmt.Errorf("%w: kind, outcome and a time are required", ErrInvalidEntry)
	}
	if (e.Kind == Pruned) != (e.Before != 0) || e.Before < 0 {
		return nil, fmt.Errorf("%w: a place to prune before belongs to that kind only", ErrInvalidEntry)
	}
	commitment := ""
	if e.CorrelationID != "" {
		commitment = Commit(salt, e.CorrelationID).String()
	}
	return encode(e, commitment)
}

func encode(e Entry, commitment string) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(leafV1{
		Version: leafVersion,
		At:      e.At.UTC().Format(leafTime),
		Kind:    e.Kind, Outcome: e.Outcome, Actor: e.Actor,
		Citizen: e.Citizen, Client: e.Client,
		Purpose: e.Purpose, Reason: e.Reason,
		Consent: e.Consent, Scopes: e.Scopes, Notice: e.Notice,
		Referrals: e.Referrals, Digest: e.Digest, Policy: e.Policy, ValueSets: e.ValueSets,
		Before: e.Before, Commitment: commitment,
	})
	if err != nil {
		return nil, fmt.Errorf("encode audit entry: %w", err)
	}
	leaf := bytes.TrimSuffix(b.Bytes(), []byte("\n"))
	if len(leaf) > MaxLeaf {
		return nil, fmt.Errorf("%w: %d bytes", ErrInvalidEntry, len(leaf))
	}
	return leaf, nil
}

// Decode reads a leaf back. The entry has no correlation id, only the returned
// commitment to it (zero: the entry had none). Bytes that [Encode] would not
// have written give ErrNotLeaf.
func Decode(leaf []byte) (Entry, Commitment, error) {
	var l leafV1
	dec := json.NewDecoder(bytes.NewReader(leaf))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&l); err != nil {
		return Entry{}, Commitment{}, fmt.Errorf("%w: %w", ErrNotLeaf, err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return Entry{}, Commitment{}, fmt.Errorf("%w: more than one value", ErrNotLeaf)
	}
	if l.Version != leafVersion {
		return Entry{}, Commitment{}, fmt.Errorf("%w: version %d", ErrNotLeaf, l.Version)
	}
	at, err := time.Parse(leafTime, l.At)
	if err != nil {
		return Entry{}, Commitment{}, fmt.Errorf("%w: %w", ErrNotLeaf, err)
	}
	var c Commitment
	if l.Commitment != "" {
		decoded, err := base64.RawURLEncoding.DecodeString(l.Commitment)
		if err != nil || len(decoded) != len(c) {
			return Entry{}, Commitment{}, fmt.Errorf("%w: commitment", ErrNotLeaf)
		}
		c = Commitment(decoded)
	}
	e := Entry{
		Kind: l.Kind, At: at, Citizen: l.Citizen, Client: l.Client, Actor: l.Actor,
		Purpose: l.Purpose, Outcome: l.Outcome, Reason: l.Reason,
		Consent: l.Consent, Scopes: l.Scopes, Notice: l.Notice,
		Referrals: l.Referrals, Digest: l.Digest, Policy: l.Policy, ValueSets: l.ValueSets,
		Before: l.Before,
	}
	again, err := encode(e, l.Commitment)
	if err != nil || !bytes.Equal(again, leaf) {
		return Entry{}, Commitment{}, fmt.Errorf("%w: not as it would have been written", ErrNotLeaf)
	}
	return e, c, nil
}
