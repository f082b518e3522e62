package citizens

import "time"

// Citizen is one person as NHS login knows them.
type Citizen struct {
	Name      string `json:"name"`              // short and lower-case; the name to ask for
	Story     string `json:"story"`             // what this person shows, in a line
	Strange   string `json:"strange,omitempty"` // how their e-RS answer breaks the published contract; empty when it does not
	Subject   string `json:"subject"`           // NHS login's sub
	Given     string `json:"given"`
	Family    string `json:"family"`
	NHSNumber string `json:"nhsNumber,omitempty"` // of the 999 range; empty when NHS login has traced none
	Born      string `json:"born,omitempty"`      // YYYY-MM-DD
	Proofing  string `json:"proofing"`            // P0, P5, P9
	// Credentials are what the person can prove themselves with: Cp, Cd, Ck, Cm.
	Credentials []string `json:"credentials"`
	GP          string   `json:"gp"`        // ODS code of the surgery
	Referrals   int      `json:"referrals"` // how many e-RS holds
}

// Referral is what e-RS holds about one referral at this moment.
type Referral struct {
	ID        string // UUID
	UBRN      string // 12 digits
	Version   int    // counts up with each step of its life
	State     string
	Priority  string // ROUTINE, URGENT, TWO_WEEK_WAIT
	Specialty Coding // empty code: none was searched for
	Referred  time.Time
	Referrer  string // ODS code
	Patient   string // NHS number; another citizen's for a foreign entry

	Service     string // id; empty when unbooked
	Appointment *Appointment
	Review      *Review

	Twice   bool           // the entry comes twice
	Orphan  bool           // only what belongs to the referral comes, not the referral
	Omit    []string       // fields omitted from the ServiceRequest
	Set     map[string]any // fields put into the ServiceRequest as they are
	Instead any            // what comes in place of the ServiceRequest resource; nil for the resource
}

// Coding is a code with the words that go with it.
type Coding struct {
	Code    string `yaml:"code"`
	Display string `yaml:"display"`
}

// Appointment is a booking; a zero Start is an indirect one, to be arranged.
type Appointment struct {
	ID         string
	Start, End time.Time
}

// Review is a deferral to the provider.
type Review struct {
	ID   string
	Kind string // TRIAGE_DEFERRAL, APPOINTMENT_DEFERRAL
	Due  string // YYYY-MM-DD; empty when absent
}

// Record is a citizen's whole e-RS record, in the order in which e-RS sends it.
type Record struct {
	Referrals []Referral
	Also      []any  // further entries, as they are
	Times     string // how times are written: utc, z or london
	Reference string // how references are written: absolute, relative, prefix or placeholder
}
