package citizens

import (
	"io/fs"
	"slices"
)

// Directory is what belongs to no citizen: services, organisations, specialties.
// It never changes while the sandbox runs.
type Directory struct {
	specialties   []Coding
	services      []Service
	organisations []Organisation
}

// Service is one entry of the directory of services.
type Service struct {
	ID        string   `yaml:"id"`
	Name      string   `yaml:"name"`
	Provider  string   `yaml:"provider"` // ODS code
	Sites     []string `yaml:"sites"`    // ODS site codes
	Specialty string   `yaml:"specialty"`
	Type      string   `yaml:"type"`  // empty: absent
	ASID      string   `yaml:"asid"`  // of the booking system; empty when indirectly bookable
	Fails     int      `yaml:"fails"` // status with which the look-up always fails; 0 when it does not
}

// Organisation is one entry of ODS.
type Organisation struct {
	Code     string   `yaml:"code"`
	Name     string   `yaml:"name"`
	Phone    string   `yaml:"phone"`
	Address  []string `yaml:"address"`
	City     string   `yaml:"city"`
	Postcode string   `yaml:"postcode"`
	Closed   bool     `yaml:"closed"`
	Role     string   `yaml:"role"` // what it is, such as NHS TRUST
}

func readDirectory() (Directory, error) {
	var d Directory
	folder, err := fs.Sub(built, "directory")
	if err != nil {
		return d, err
	}
	for name, into := range map[string]any{
		"specialties.yaml": &d.specialties, "services.yaml": &d.services, "organisations.yaml": &d.organisations,
	} {
		if err := readYAML(folder, name, into); err != nil {
			return d, err
		}
	}
	return d, nil
}

// Specialty returns the words of a specialty code; the code itself when unknown.
func (d *Directory) Specialty(code string) string {
	i := slices.IndexFunc(d.specialties, func(c Coding) bool { return c.Code == code })
	if i < 0 {
		return code
	}
	return d.specialties[i].Display
}

// Service finds a service by id.
func (d *Directory) Service(id string) (Service, bool) {
	i := slices.IndexFunc(d.services, func(s Service) bool { return s.ID == id })
	if i < 0 {
		return Service{}, false
	}
	return d.services[i], true
}

// ServiceIDs lists the services that can be looked up.
func (d *Directory) ServiceIDs() []string {
	var out []string
	for _, s := range d.services {
		if s.Fails == 0 {
			out = append(out, s.ID)
		}
	}
	return out
}

// Organisation finds an organisation or site by ODS code.
func (d *Directory) Organisation(code string) (Organisation, bool) {
	i := slices.IndexFunc(d.organisations, func(o Organisation) bool { return o.Code == code })
	if i < 0 {
		return Organisation{}, false
	}
	return d.organisations[i], true
}
