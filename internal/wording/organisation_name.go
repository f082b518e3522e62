package wording

import "strings"

// OrganisationName puts the name of an organisation or site, as the Organisation
// Data Service writes it, into the form that people read: "LEEDS TEACHING
// HOSPITALS NHS TRUST" becomes "Leeds Teaching Hospitals NHS Trust". It cleans
// and bounds its length and changes nothing on a second turn; text without
// a visible character gives "". It does not apply the disclosure policy: internal/disclosure does.
func (s *Set) OrganisationName(raw string) string {
	name := Clean(raw)
	if own, ok := s.names[strings.ToUpper(name)]; ok {
		return own
	}
	return s.readableName(name)
}

// ServiceName puts the name of a service into the form that people read. It
// cleans and bounds the name, leaves out how the service is booked, and does not
// apply the disclosure policy.
func (s *Set) ServiceName(raw string) string {
	return s.readableName(s.withoutBooking(Clean(raw)))
}

// withoutBooking leaves out every phrase of left_out that stands between words, as
// long as something is left.
func (s *Set) withoutBooking(name string) string {
	for _, phrase := range s.leftOut {
		upper := strings.ToUpper(name)
		at := strings.Index(upper, phrase)
		if at < 0 || len(upper) != len(name) { // a letter whose capital is longer: the place is not sure
			continue
		}
		before, after := name[:at], name[at+len(phrase):]
		if before != "" && !strings.HasSuffix(before, " ") || after != "" && !strings.HasPrefix(after, " ") {
			continue
		}
		rest := strings.Trim(strings.TrimSpace(before)+" "+strings.TrimSpace(after), " -,:/")
		if rest == "" {
			return name
		}
		name = rest
	}
	return name
}

// readableName shortens before it chooses the case: what is cut off must not decide
// it. Changing the case can lengthen a name, so its length is bounded again.
func (s *Set) readableName(name string) string {
	return shorten(s.casing.name(shorten(name, maxNameRunes)), maxNameRunes)
}
