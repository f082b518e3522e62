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

// withDefaults fills in a name and a contact in a local environment, which has no real citizens.
func (o Operator) withDefaults(local bool) Operator {
	if local && o.Name == "" {
		o.Name = "a person who is testing it"
	}
	if local && o.Contact == "" {
		o.Contact = "the person who started it"
	}
	return o
}

func (o Operator) check() []error {
	const longest = 200
	var faults []error
	for _, setting := range []struct{ name, text string }{{"OPERATOR_CONTACT", o.Contact}, {"OPERATOR_NAME", o.Name}} {
		switch {
		case setting.text == "":
			faults = append(faults, errors.New(prefix+setting.name+": is missing; the privacy notice says that every page shows it"))
		case utf8.RuneCountInString(setting.text) > longest:
			faults = append(faults, fmt.Errorf("%s%s: must have at most %d characters", prefix, setting.name, longest))
		}
		for _, r := range setting.text {
			if unicode.IsControl(r) {
				faults = append(faults, fmt.Errorf("%s%s: must be one line", prefix, setting.name))
				break
			}
		}
	}
	return faults
}
