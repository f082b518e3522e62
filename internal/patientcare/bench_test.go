package patientcare

import (
	"encoding/json"
	"fmt"
	"testing"

	r4 "github.com/samply/golang-fhir-models/fhir-models/fhir"

	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/referral"
)

// BenchmarkRead compares the whole reading with what encoding/json and the FHIR
// library alone cost for the same bytes in the same run: the bundle, a look at
// each entry's type, the typed decoding. Ratios count, not times.
func BenchmarkRead(b *testing.B) {
	c := citizen.New("ref", own(b), [32]byte{1})
	where := london(b)
	for _, n := range []int{1, 5, 50, 500} {
		body := answerOf(b, n)
		b.Run(fmt.Sprintf("%d/ours", n), func(b *testing.B) {
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				f, err := readBundle(body, c.NHSNumber)
				if err != nil {
					b.Fatal(err)
				}
				f.join(where)
				services := map[string]Service{"7000000123": {Name: "Cardiology", Provider: "R69"}}
				names := map[string]referral.Organisation{"R69": {ODSCode: "R69", Name: "Made-up Hospital"}}
				for _, r := range f.referrals {
					facts := adapt(r, c, services, names, where)
					if facts.State != "BOOKED" {
						b.Fatal(facts)
					}
				}
			}
		})
		b.Run(fmt.Sprintf("%d/library", n), func(b *testing.B) {
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				if err := decodeWithLibrary(body); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// answerOf holds n referrals, half with an appointment and half with a task.
func answerOf(b testing.TB, n int) []byte {
	b.Helper()
	var resources []any
	for i := range n {
		resources = append(resources, referralOf(i))
		if i%2 == 0 {
			resources = append(resources, appointmentOf(i))
		} else {
			resources = append(resources, taskOf(i))
		}
	}
	return bundleOf(b, resources...)
}

func decodeWithLibrary(body []byte) error {
	var bundle r4.Bundle
	if err := json.Unmarshal(body, &bundle); err != nil {
		return err
	}
	for i := range bundle.Entry {
		raw := bundle.Entry[i].Resource
		var kind struct {
			ResourceType string `json:"resourceType"`
		}
		if err := json.Unmarshal(raw, &kind); err != nil {
			return err
		}
		var into any
		switch kind.ResourceType {
		case kindReferral:
			into = new(r4.ServiceRequest)
		case kindAppointment:
			into = new(r4.Appointment)
		default:
			into = new(r4.Task)
		}
		if err := json.Unmarshal(raw, into); err != nil {
			return err
		}
	}
	return nil
}

func TestCostGrowsLinearly(t *testing.T) {
	owner, where := own(t), london(t)
	allocations := func(n int) float64 {
		body := answerOf(t, n)
		return testing.AllocsPerRun(5, func() {
			f, err := readBundle(body, owner)
			if err != nil {
				t.Fatal(err)
			}
			f.join(where)
		})
	}
	if small, large := allocations(50), allocations(500); large > 11*small {
		t.Errorf("%.0f allocations for 50 referrals, %.0f for 500", small, large)
	}
}
