package citizen

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/httpapi"
	"github.com/patient-care-aggregator/aggregator/internal/problem"
	"github.com/patient-care-aggregator/aggregator/internal/release"
	"github.com/patient-care-aggregator/aggregator/internal/timeline"
	"github.com/patient-care-aggregator/aggregator/internal/wording"
)

type appointmentsBody struct {
	Appointments []appointmentView `json:"appointments"`
}

// appointmentView is an appointment with what a person needs to go there.
type appointmentView struct {
	*timeline.Appointment

	ReferralID  string            `json:"referralId"`
	Title       wording.Text      `json:"title"`
	Specialty   *timeline.Coded   `json:"specialty"`
	Service     *timeline.Service `json:"service"`
	Contact     timeline.Contact  `json:"contact"`
	CalendarURL *string           `json:"calendarUrl"` // null where no day is known
}

// appointmentFilter is ?from=&to=&status=; London days, both included.
type appointmentFilter struct {
	from, to string // YYYY-MM-DD; empty: no bound
	status   string // upcoming, past; empty: both
}

// appointments is GET /v1/appointments. They come in the order of their start;
// those whose time is to be confirmed come last, and only where no day is asked for.
func (a *API) appointments(ctx context.Context, r *httpapi.Request) (httpapi.Answer, error) {
	filter, err := readAppointmentFilter(r)
	if err != nil {
		return nil, err
	}
	return a.show(ctx, r, release.Request{Purpose: "appointments"}, func(read release.Reading) (release.Content, error) {
		views, shown := filter.choose(read.Timeline().Referrals)
		return read.JSON(appointmentsBody{views}, shown)
	})
}

func readAppointmentFilter(r *httpapi.Request) (appointmentFilter, error) {
	f := appointmentFilter{from: r.Query("from"), to: r.Query("to"), status: r.Query("status")}
	for name, day := range map[string]string{"from": f.from, "to": f.to} {
		if _, err := time.Parse(time.DateOnly, day); err != nil && day != "" {
			return f, problem.New(problem.BadRequest, nil).WithDetail(name + " must be a day such as 2026-03-31.")
		}
	}
	switch {
	case f.status != "" && f.status != "upcoming" && f.status != "past":
		return f, problem.New(problem.BadRequest, nil).WithDetail("status must be upcoming or past.")
	case f.from != "" && f.to != "" && f.to < f.from:
		return f, problem.New(problem.BadRequest, nil).WithDetail("to must not be before from.")
	}
	return f, nil
}

func (f appointmentFilter) choose(referrals []timeline.Referral) (views []appointmentView, shown []string) {
	views = []appointmentView{}
	for _, r := range referrals {
		if r.Appointment == nil || !f.wants(r.Appointment) {
			continue
		}
		v := appointmentView{
			Appointment: r.Appointment, ReferralID: r.ID, Title: r.State.Title,
			Specialty: r.Specialty, Service: r.Service, Contact: r.Contact,
		}
		if r.Appointment.Date != nil {
			address := "/v1/appointments/" + r.Appointment.ID + "/calendar.ics"
			v.CalendarURL = &address
		}
		views = append(views, v)
		shown = append(shown, r.ID)
	}
	sortAppointments(views)
	return views, shown
}

func (f appointmentFilter) wants(a *timeline.Appointment) bool {
	if (f.status == "past" && !a.HasPassed) || (f.status == "upcoming" && a.HasPassed) {
		return false
	}
	if a.Date == nil {
		return f.from == "" && f.to == ""
	}
	return (f.from == "" || *a.Date >= f.from) && (f.to == "" || *a.Date <= f.to)
}

// sortAppointments puts the earliest first, on one day those without a time before
// the others, and last those without a day.
func sortAppointments(views []appointmentView) {
	slices.SortFunc(views, func(a, b appointmentView) int {
		return cmp.Or(byDate(a.Date, b.Date), startOf(a).Compare(startOf(b)), cmp.Compare(a.ID, b.ID))
	})
}

// byDate compares two days of the form YYYY-MM-DD; none is after all of them.
func byDate(a, b *string) int {
	switch {
	case a == nil && b == nil:
		return 0
	case a == nil:
		return 1
	case b == nil:
		return -1
	}
	return cmp.Compare(*a, *b)
}

// startOf is the zero time where only the day is known.
func startOf(v appointmentView) time.Time {
	if v.Start == nil {
		return time.Time{}
	}
	at, err := time.Parse(time.RFC3339, *v.Start)
	if err != nil {
		return time.Time{}
	}
	return at
}
