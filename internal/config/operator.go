package config

import (
	"errors"
	"fmt"
	"unicode"
	"unicode/utf8"
)

// Operator is the organisation that runs this deployment, as every page names it:
// the privacy notice promises citizens that they find it there.
type Operator struct {
	// Name and Contact are required in production. Contact is an email address, an
	// https address or words such as a phone number.
	Name    string `env:"NAME"`
	Contact string `env:"CONTACT"`
}

// withDefaults names somebody where nobody real is a citizen.
func (o Operator) withDefaults(local bool) Operator {
	if local && o.Name == "" {
		o.Name = "somebody who is testing it"
	}
	if local && o.Contact == "" {
		o.Contact = "whoever started it"
	}
	return o
}

func (o Operator) check() []error {
	const longest = 200
	var faults []error
	for _, each := range []struct{ name, text string }{{"OPERATOR_CONTACT", o.Contact}, {"OPERATOR_NAME", o.Name}} {
		switch {
		case each.text == "":
			faults = append(faults, errors.New(prefix+each.name+": is missing; the privacy notice promises it on every page"))
		case utf8.RuneCountInString(each.text) > longest:
			faults = append(faults, fmt.Errorf("%s%s: must have at most %d characters", prefix, each.name, longest))
		}
		for _, r := range each.text {
			if unicode.IsControl(r) {
				faults = append(faults, fmt.Errorf("%s%s: must be one line", prefix, each.name))
				break
			}
		}
	}
	return faults
}
