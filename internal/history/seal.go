package history

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/keys"
	"github.com/patient-care-aggregator/aggregator/internal/referral"
)

const sealPurpose = "history"

// book is the content of the row of the empty referral.
type book struct {
	Begun time.Time `json:"begun"`
	Read  time.Time `json:"read"`
}

// record is one observation inside its referral's row. This is the stored
// form: fields may be added, and none may be renamed.
type record struct {
	Number    int                   `json:"n"`
	State     string                `json:"state,omitempty"`
	Phase     referral.Phase        `json:"phase,omitempty"`
	Version   string                `json:"version,omitempty"`
	Start     *time.Time            `json:"start,omitempty"`
	DueBy     *referral.Date        `json:"due,omitempty"`
	Service   string                `json:"service,omitempty"`
	Gone      bool                  `json:"gone,omitempty"`
	FirstSeen time.Time             `json:"seen"`
	Confirmed time.Time             `json:"confirmed"`
	Changes   []referral.ChangeKind `json:"news,omitempty"`
	FromState string                `json:"fromState,omitempty"`
	FromPhase referral.Phase        `json:"fromPhase,omitempty"`
}

func recordOf(o Observation) record {
	r := record{
		Number: o.Number, State: o.State, Phase: o.Phase, Version: o.Version, Start: o.Start, Service: o.Service,
		Gone: o.Gone, FirstSeen: o.FirstSeen, Confirmed: o.Confirmed, Changes: o.Changes,
		FromState: o.From.State, FromPhase: o.From.Phase,
	}
	if !o.DueBy.IsZero() {
		r.DueBy = &o.DueBy
	}
	return r
}

func (r record) observation(id string) Observation {
	o := Observation{
		Referral: id, Number: r.Number, Stage: referral.Stage{State: r.State, Phase: r.Phase},
		Version: r.Version, Start: r.Start, Service: r.Service, Gone: r.Gone,
		FirstSeen: r.FirstSeen, Confirmed: r.Confirmed, Changes: r.Changes,
		From: referral.Stage{State: r.FromState, Phase: r.FromPhase},
	}
	if r.DueBy != nil {
		o.DueBy = *r.DueBy
	}
	return o
}

// sealer turns a history into rows and back.
type sealer struct{ ring *keys.Ring }

// bound is the associated data that a row is sealed with.
func bound(ref citizen.Ref, referral string) []byte {
	return []byte(string(ref) + "\x00" + referral)
}

func (s sealer) seal(ref citizen.Ref, referral string, content any) (Row, error) {
	plain, err := json.Marshal(content)
	if err != nil {
		return Row{}, fmt.Errorf("encode history: %w", err)
	}
	return Row{Referral: referral, KeyID: s.ring.ActiveID(), Sealed: s.ring.Seal(sealPurpose, plain, bound(ref, referral))}, nil
}

func (s sealer) open(ref citizen.Ref, row Row, content any) error {
	plain, err := s.ring.Open(sealPurpose, row.Sealed, bound(ref, row.Referral))
	if err != nil {
		return fmt.Errorf("open history: %w", err)
	}
	if err := json.Unmarshal(plain, content); err != nil {
		return errors.New("read history: an opened row does not have the stored form")
	}
	return nil
}

// history reads a snapshot. Rows that cannot be opened are lost: the error joins
// the reasons, and the History has the other rows.
func (s sealer) history(ref citizen.Ref, snapshot Snapshot) (History, error) {
	var (
		h      History
		faults []error
	)
	for _, row := range snapshot.Rows {
		if row.Referral == "" {
			var b book
			if err := s.open(ref, row, &b); err != nil {
				faults = append(faults, err)
				continue
			}
			h.Begun, h.Read = b.Begun, b.Read
			continue
		}
		var records []record
		if err := s.open(ref, row, &records); err != nil {
			faults = append(faults, err)
			continue
		}
		for _, r := range records {
			h.Observations = append(h.Observations, r.observation(row.Referral))
		}
	}
	return h, errors.Join(faults...)
}

// step makes the step from a snapshot to next: it writes every row of next, because
// a changed history is small and rare, and drops the rows of referrals that are not
// in next.
func (s sealer) step(ref citizen.Ref, from Snapshot, next History) (Step, error) {
	step := Step{Expected: from.Revision}
	put := func(referral string, content any) error {
		row, err := s.seal(ref, referral, content)
		step.Put = append(step.Put, row)
		return err
	}
	if err := put("", book{Begun: next.Begun, Read: next.Read}); err != nil {
		return Step{}, err
	}
	byReferral := next.byReferral()
	for _, id := range slices.Sorted(maps.Keys(byReferral)) {
		t := byReferral[id]
		records := make([]record, len(t))
		for i, o := range t {
			records[i] = recordOf(o)
		}
		if err := put(id, records); err != nil {
			return Step{}, err
		}
	}
	for _, row := range from.Rows {
		if row.Referral != "" && byReferral[row.Referral] == nil {
			step.Drop = append(step.Drop, row.Referral)
		}
	}
	return step, nil
}
