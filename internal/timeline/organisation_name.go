package timeline

import "strings"

// OrganisationName puts the name of an organisation or site, as the Organisation
// Data Service writes it, into the form that people read: "LEEDS TEACHING
// HOSPITALS NHS TRUST" becomes "Leeds Teaching Hospitals NHS Trust". It cleans
// and bounds what it is given and changes nothing on a second turn; text without
// a visible character gives "". It does not apply the disclosure policy: [Build] does.
func (v *ValueSets) OrganisationName(raw string) string {
	name := cleanText(raw)
	if own, ok := v.names[strings.ToUpper(name)]; ok {
		return own
	}
	return shorten(v.casing.name(name), maxNameRunes)
}
