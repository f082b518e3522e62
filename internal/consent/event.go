package consent

import (
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/client"
)

// Scope is one thing that a citizen can allow a client.
type Scope string

// The consent scopes.
const (
	// TimelineRead lets the client see the timeline.
	TimelineRead Scope = "timeline:read"
	// HistoryStore lets the service keep what changed between reads for the client.
	HistoryStore Scope = "history:store"
)

// Kind is what happened to a consent.
type Kind string

// The kinds of consent event. That a consent's time ended, or that a later one
// replaced it, is derived and is no event.
const (
	Granted   Kind = "granted"
	Renewed   Kind = "renewed"
	Withdrawn Kind = "withdrawn"
	// Suspended ends a consent until the citizen grants it again: the records were
	// restored from a backup, which may have forgotten that it was withdrawn.
	Suspended Kind = "suspended"
)

// Event is one fact in the life of a consent. Events are appended and never
// edited; the current state is derived from them.
type Event struct {
	// Seq is the event's place among this citizen's consent events, from 1.
	Seq int64
	// ID names the consent; a grant and its withdrawal share it.
	ID      string
	Kind    Kind
	Citizen citizen.Ref
	Client  client.ID
	// Scopes is everything that the consent covers after this event, and Asked
	// what the citizen was asked for in this act: the rest was granted earlier and
	// still held. Both empty on events that grant nothing.
	Scopes []Scope
	Asked  []Scope
	// Notice is the exact version of the privacy notice that was shown, and
	// NoticeDigest the SHA-256 of its text, in hex.
	Notice       string
	NoticeDigest string
	Language     string // BCP 47, such as "en"
	Channel      string // where it was done: "web", "app", or "restore" for a suspension
	At           time.Time
	ExpiresAt    time.Time // zero on events that grant nothing
	// IdempotencyKey is what the caller named this act, so that asking again finds
	// it; empty when it did not.
	IdempotencyKey string
}
