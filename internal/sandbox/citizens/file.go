package citizens

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
)

// file is one person as written in people/NAME.yaml. README.md there explains it.
type file struct {
	Name      string         `yaml:"name"`
	Story     string         `yaml:"story"`
	Strange   string         `yaml:"strange"`
	Person    personFile     `yaml:"person"`
	Times     string         `yaml:"times"`
	Reference string         `yaml:"references"`
	Referrals []referralFile `yaml:"referrals"`
	Also      []any          `yaml:"also"`
}

type personFile struct {
	Given       string   `yaml:"given"`
	Family      string   `yaml:"family"`
	NHSNumber   string   `yaml:"nhs_number"`
	Born        string   `yaml:"born"`
	Proofing    string   `yaml:"proofing"`
	Credentials []string `yaml:"credentials"`
	GP          string   `yaml:"gp"`
}

type referralFile struct {
	Now              stepFile       `yaml:",inline"`
	Referred         string         `yaml:"referred"`
	Referrer         string         `yaml:"referrer"`
	Priority         string         `yaml:"priority"`
	Specialty        string         `yaml:"specialty"`
	SpecialtyDisplay string         `yaml:"specialty_display"`
	Patient          string         `yaml:"patient"`
	Twice            bool           `yaml:"twice"`
	Orphan           bool           `yaml:"orphan"`
	Omit             []string       `yaml:"omit"`
	Set              map[string]any `yaml:"set"`
	Instead          any            `yaml:"instead"`
	Repeat           int            `yaml:"repeat"`
	Life             []stepFile     `yaml:"life"`
}

type stepFile struct {
	State       string           `yaml:"state"`
	Service     string           `yaml:"service"`
	Appointment *appointmentFile `yaml:"appointment"`
	Review      *reviewFile      `yaml:"review"`
}

type appointmentFile struct {
	At      string `yaml:"at"`
	Minutes int    `yaml:"minutes"`
}

type reviewFile struct {
	Kind string `yaml:"kind"`
	Due  string `yaml:"due"`
}

// read parses every person of a folder, sorted by name.
func read(folder fs.FS) ([]file, error) {
	names, err := fs.Glob(folder, "*.yaml")
	if err != nil {
		return nil, fmt.Errorf("list citizens: %w", err)
	}
	slices.Sort(names)
	out := make([]file, 0, len(names))
	for _, name := range names {
		var f file
		if err := readYAML(folder, name, &f); err != nil {
			return nil, err
		}
		if want := strings.TrimSuffix(path.Base(name), ".yaml"); f.Name != want {
			return nil, fmt.Errorf("citizen file %s: the name is %q, not that of the file", name, f.Name)
		}
		out = append(out, f)
	}
	return out, nil
}

func readYAML(folder fs.FS, name string, into any) error {
	text, err := fs.ReadFile(folder, name)
	if err != nil {
		return fmt.Errorf("read %s: %w", name, err)
	}
	if err := yaml.UnmarshalWithOptions(text, into, yaml.DisallowUnknownField()); err != nil {
		return fmt.Errorf("read %s: %w", name, err)
	}
	return nil
}
