package session

import (
	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/client"
	"github.com/patient-care-aggregator/aggregator/internal/consent"
)

// Via is how a caller proved who they are.
type Via string

// ViaCookie is a first-party session in a browser: the only one that may grant
// consent.
const ViaCookie Via = "cookie"

// Caller is the citizen in whose name a request is made, and the client that
// makes it. Both a cookie and a bearer token lead to one.
type Caller struct {
	Citizen citizen.Citizen
	Client  client.ID
	Scopes  []consent.Scope // what the client may ask for; whether the citizen consented is another question
	Session Session
	Via     Via
}
