package approval

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/subject"
)

// body is the part of a proposal that no query of a store asks for.
type body struct {
	Citizen citizen.Ref    `json:"citizen,omitempty"`
	List    audit.ListID   `json:"list,omitzero"`
	Extent  subject.Extent `json:"extent,omitempty"`
	Hold    string         `json:"hold,omitempty"`
	Seq     int64          `json:"seq,omitempty"`
	Until   time.Time      `json:"until,omitzero"`
	Plan    audit.Plan     `json:"plan,omitzero"`
	Reason  subject.Code   `json:"reason"`
	Case    string         `json:"case,omitempty"`
	Note    string         `json:"note,omitempty"`
}

// Body is what is proposed, about whom and why, as JSON for a [Store].
func (p Proposal) Body() ([]byte, error) {
	out, err := json.Marshal(body{
		p.Citizen, p.List, p.Extent, p.Hold, p.Seq, p.Until, p.Plan, p.Ground.Code(), p.Ground.Case(), p.Ground.Note(),
	})
	if err != nil {
		return nil, fmt.Errorf("encode a proposal: %w", err)
	}
	return out, nil
}

// ReadBody sets what [Proposal.Body] wrote.
func (p *Proposal) ReadBody(stored []byte) error {
	var b body
	if err := json.Unmarshal(stored, &b); err != nil {
		return fmt.Errorf("decode proposal %s: %w", p.ID, err)
	}
	p.Citizen, p.List, p.Extent, p.Hold, p.Seq, p.Until, p.Plan = b.Citizen, b.List, b.Extent, b.Hold, b.Seq, b.Until, b.Plan
	var err error
	p.Ground, err = subject.ParseGround(string(b.Reason), b.Case, b.Note)
	return err
}
