//go:build !production

package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// shown is the part of GET /v1/timeline that a person reads.
type shown struct {
	Complete  bool
	Summary   struct{ Text string }
	Sources   []struct{ Name, Status string }
	Notices   []struct{ Message string }
	Referrals []struct {
		BookingReference *string
		Specialty        *struct{ Display string }
		Priority         struct{ Display string }
		State            struct{ Title, Description, WhoActs, NextStep string }
		Service          *struct {
			Name     *string
			Provider *struct{ Name *string }
		}
		Contact struct {
			Name  string
			Phone *string
			Note  *string
		}
		Appointment *struct {
			DisplayDate, DisplayTime *string
		}
	}
	Events []struct {
		DisplayDate, DisplayTime *string
		Title                    string
		Upcoming                 bool
	}
}

// printTimeline writes the timeline for a person. It invents no words: what it
// prints is what the API says.
func printTimeline(out io.Writer, name string, body []byte) error {
	var t shown
	if err := json.Unmarshal(body, &t); err != nil {
		return fmt.Errorf("read timeline: %w", err)
	}
	var b strings.Builder
	line := func(format string, values ...any) { fmt.Fprintf(&b, format+"\n", values...) }
	line("SANDBOX, not the NHS: the timeline of %s, a made-up citizen", name)
	line("")
	line("%s", t.Summary.Text)
	for _, n := range t.Notices {
		line("! %s", n.Message)
	}
	for _, r := range t.Referrals {
		line("")
		title := r.Priority.Display
		if r.Specialty != nil {
			title = r.Specialty.Display + ", " + title
		}
		line("%s", title)
		line("  %s", r.State.Title)
		line("  %s", r.State.Description)
		line("  Next:      %s", r.State.NextStep)
		if s := r.Service; s != nil && s.Name != nil {
			line("  Service:   %s", *s.Name)
		}
		if a := r.Appointment; a != nil && a.DisplayDate != nil {
			line("  When:      %s, %s", *a.DisplayDate, value(a.DisplayTime))
		}
		line("  Contact:   %s %s", r.Contact.Name, value(r.Contact.Phone))
		if r.BookingReference != nil {
			line("  Reference: %s", *r.BookingReference)
		}
	}
	if len(t.Events) > 0 {
		line("")
		line("Timeline")
	}
	for _, e := range t.Events {
		mark := " "
		if e.Upcoming {
			mark = ">"
		}
		line("%s %-28s %s", mark, strings.TrimSpace(value(e.DisplayDate)+" "+value(e.DisplayTime)), e.Title)
	}
	line("")
	for _, s := range t.Sources {
		line("Source: %s (%s)", s.Name, s.Status)
	}
	_, err := io.WriteString(out, b.String())
	return err
}

func value(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
