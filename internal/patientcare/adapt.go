package patientcare

import (
	"time"

	r4 "github.com/samply/golang-fhir-models/fhir-models/fhir"

	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/fhir"
	"github.com/patient-care-aggregator/aggregator/internal/referral"
)

// Service is one service of the directory of services, as the cache keeps it for
// all citizens.
type Service struct {
	Name      string
	Type      string // code of eRS-AppointmentType
	Specialty *referral.Coding
	Provider  string   // ODS code
	Locations []string // ODS site codes
	// Lost reports whether it names a provider or a site in a form that cannot be read.
	Lost bool
}

func serviceOf(h healthcareService) Service {
	s := Service{Name: h.Name, Provider: h.ProvidedBy.Code, Lost: h.ProvidedBy.Lost}
	for i := range h.Type {
		if c := fhir.CodingOf(&h.Type[i], systemServiceType); c != nil && s.Type == "" {
			s.Type = text(c.Code)
		}
	}
	for i := range h.Specialty {
		if c := fhir.CodingOf(&h.Specialty[i], systemSpecialty); c != nil && s.Specialty == nil {
			s.Specialty = &referral.Coding{Code: text(c.Code), Display: text(c.Display)}
		}
	}
	for i := range h.Location {
		if code := h.Location[i].Code; code != "" {
			s.Locations = append(s.Locations, code)
		}
		s.Lost = s.Lost || h.Location[i].Lost
	}
	return s
}

// serviceIDs is each service that a referral names, once.
func (f *found) serviceIDs() []string {
	var ids []string
	seen := map[string]bool{}
	for _, r := range f.withOrphans() {
		if id := r.serviceID(); fhir.IsID(id) && !seen[id] {
			seen[id] = true
			ids = append(ids, id)
		}
	}
	return ids
}

// withoutService counts the referrals whose service was not found.
func (f *found) withoutService(services map[string]Service) int {
	n := 0
	for _, r := range f.withOrphans() {
		if id := r.serviceID(); id != "" {
			if _, ok := services[id]; !ok {
				n++
			}
		}
	}
	return n
}

// serviceID is that of the appointment or the task; empty where nothing is booked
// or deferred.
func (r *foundReferral) serviceID() string {
	for _, a := range []*appointment{r.appointment, r.hiddenAppointment} {
		if a == nil {
			continue
		}
		for i := range a.Participant {
			if id := serviceIn(&a.Participant[i]); id != "" {
				return id
			}
		}
	}
	if r.task != nil {
		return serviceIn(r.task.Owner)
	}
	return ""
}

// serviceIn is the id of a service, by its identifier or by a literal reference.
func serviceIn(r *r4.Reference) string {
	if id := fhir.IdentifierIn(r, systemService); id != "" || r == nil {
		return id
	}
	if kind, id := fhir.SplitReference(text(r.Reference)); kind == "healthcareservice" {
		return id
	}
	return ""
}

// referrer is the ODS code of the organisation of the person who referred.
func (r *foundReferral) referrer() string { return r.Referrer.Code }

func organisationCodes(f *found, services map[string]Service) []string {
	var codes []string
	seen := map[string]bool{"": true}
	add := func(code string) {
		if !seen[code] {
			seen[code] = true
			codes = append(codes, code)
		}
	}
	for _, r := range f.referrals {
		add(r.referrer())
	}
	for _, s := range services {
		add(s.Provider)
		for _, l := range s.Locations {
			add(l)
		}
	}
	return codes
}

// adapt turns a joined referral into facts. Codes are kept as e-RS sent them:
// internal/timeline decides what they mean and whether they may be shown.
func adapt(r *foundReferral, c citizen.Citizen, services map[string]Service, names map[string]referral.Organisation, london *time.Location) referral.Facts {
	organisation := func(code string) *referral.Organisation {
		if code == "" {
			return nil
		}
		if o, ok := names[code]; ok {
			return &o
		}
		return &referral.Organisation{ODSCode: code}
	}
	f := referral.Facts{
		Source:           sourceID,
		EventSource:      "ers",
		ID:               c.OpaqueID("referral", r.key),
		BookingReference: r.ubrn(),
		Version:          fhir.VersionOf(r.Meta),
		ReferredOn:       parseDay(text(r.AuthoredOn), london),
		Referrer:         organisation(r.referrer()),
		Priority:         r.Priority,
		State:            r.state(),
		ManageURL:        r.ManageURL,
	}
	if coding := fhir.CodingOf(r.Specialty, systemSpecialty); coding != nil {
		f.Specialty = &referral.Coding{Code: text(coding.Code), Display: text(coding.Display)}
	}
	if id := r.serviceID(); id != "" {
		s := services[id] // the zero Service where the look-up failed
		f.Service = &referral.Service{
			ID: c.OpaqueID("service", id), Name: s.Name, Type: s.Type, Specialty: s.Specialty, Provider: organisation(s.Provider),
		}
		for _, code := range s.Locations {
			f.Service.Locations = append(f.Service.Locations, *organisation(code))
		}
	}
	if a := r.appointment; a != nil {
		f.Appointment = &referral.Appointment{ID: c.OpaqueID("appointment", r.key+"/"+a.Name()), Version: fhir.VersionOf(a.Meta)}
		if a.Meta != nil {
			if changed, ok := fhir.ParseInstant(text(a.Meta.LastUpdated), london); ok {
				f.Appointment.Modified = &changed
			}
		}
		if start, ok := fhir.ParseInstant(text(a.Start), london); ok {
			f.Appointment.Start = &start
		}
		if end, ok := fhir.ParseInstant(text(a.End), london); ok {
			f.Appointment.End = &end
		}
	}
	if t := r.task; t != nil {
		f.Review = &referral.Review{Kind: t.kind(), DueBy: parseDay(t.Due, london)}
	}
	return f
}

// parseDay reads a date or dateTime as a London day; zero when it is neither, or
// does not name a day.
func parseDay(s string, london *time.Location) referral.Date {
	t, ok := fhir.ParseDay(s, london)
	if !ok {
		return referral.Date{}
	}
	year, month, day := t.Date()
	return referral.Date{Year: year, Month: month, Day: day}
}
