package timeline

import (
	"github.com/patient-care-aggregator/aggregator/internal/referral"
	"maps"
	"slices"
	"strings"
)

// The priorities that an answer can show.
const (
	priorityRoutine = "routine"
	priorityUrgent  = "urgent"
	priorityUnknown = "unknown"
)

// priority is what a code of eRS-Priority means to the citizen.
type priority struct {
	show    string // routine or urgent
	display phrase
	// disclosed are the words where the deployment discloses; nil: the same.
	disclosed phrase
}

func (v *ValueSets) readPriorities(d *document) {
	var file struct {
		Header     header `yaml:",inline"`
		Priorities map[string]struct {
			Show      string `yaml:"show"`
			Display   words  `yaml:"display"`
			Disclosed words  `yaml:"disclosed"`
		} `yaml:"priorities"`
	}
	if !d.decode(&file, &file.Header) {
		return
	}
	v.priorities = make(map[string]priority, len(file.Priorities))
	for _, code := range slices.Sorted(maps.Keys(file.Priorities)) {
		raw := file.Priorities[code]
		switch {
		case code == referral.StateUnknown && raw.Show != priorityUnknown:
			d.fault("show must be unknown", "priorities", code, "show")
		case code != referral.StateUnknown && raw.Show != priorityRoutine && raw.Show != priorityUrgent:
			d.fault("show must be routine or urgent", "priorities", code, "show")
		}
		p := priority{show: raw.Show, display: d.phrase(raw.Display, nil, "priorities", code, "display")}
		if raw.Disclosed != nil {
			p.disclosed = d.phrase(raw.Disclosed, nil, "priorities", code, "disclosed")
		}
		v.priorities[code] = p
	}
	for _, code := range []string{"ROUTINE", "URGENT", "TWO_WEEK_WAIT", referral.StateUnknown} {
		if _, ok := file.Priorities[code]; !ok {
			d.fault("the entry is missing", "priorities", code)
		}
	}
}

// specialties finds the words for a specialty by its code, or by the display
// that came without a code.
type specialties struct {
	byCode map[string]phrase
	byName map[string]string // squeezed English words, whole or before the bracket -> code
}

func (s specialties) find(c *referral.Coding) (code string, words phrase, known bool) {
	if words, known = s.byCode[c.Code]; known {
		return c.Code, words, true
	}
	if code, known = s.byName[fold(c.Display).squeezed]; known {
		return code, s.byCode[code], true
	}
	return "", nil, false
}

func (v *ValueSets) readSpecialties(d *document) {
	var file struct {
		Header      header           `yaml:",inline"`
		Specialties map[string]words `yaml:"specialties"`
	}
	if !d.decode(&file, &file.Header) {
		return
	}
	v.specialties = specialties{
		byCode: make(map[string]phrase, len(file.Specialties)),
		byName: make(map[string]string, len(file.Specialties)),
	}
	for _, code := range slices.Sorted(maps.Keys(file.Specialties)) {
		if referral.Token(code, referral.MaxCode) == nil {
			d.fault("this cannot be a code", "specialties", code)
		}
		p := d.phrase(file.Specialties[code], nil, "specialties", code)
		v.specialties.byCode[code] = p
		for _, name := range []string{p.in(English), code} {
			squeezed := fold(name).squeezed
			if other, taken := v.specialties.byName[squeezed]; taken && other != code {
				d.fault("has the same words as "+other, "specialties", code)
			}
			v.specialties.byName[squeezed] = code
		}
	}
	// The words before a bracket name a specialty where nothing else has them.
	for _, code := range slices.Sorted(maps.Keys(v.specialties.byCode)) {
		before, _, _ := strings.Cut(v.specialties.byCode[code].in(English), " (")
		if squeezed := fold(before).squeezed; v.specialties.byName[squeezed] == "" {
			v.specialties.byName[squeezed] = code
		}
	}
	if len(file.Specialties) == 0 {
		d.fault("the list is empty", "specialties")
	}
}

// appointmentType is a code of eRS-AppointmentType.
type appointmentType struct {
	display phrase
	// nextStep replaces what to do before a booked appointment; nil: the state's words.
	nextStep phrase
	remote   bool // at no place: the citizen must not travel to one
}

func (v *ValueSets) readTypes(d *document) {
	var file struct {
		Header header `yaml:",inline"`
		Types  map[string]struct {
			Display  words `yaml:"display"`
			NextStep words `yaml:"next_step"`
			Remote   bool  `yaml:"remote"`
		} `yaml:"appointment_types"`
	}
	if !d.decode(&file, &file.Header) {
		return
	}
	v.types = make(map[string]appointmentType, len(file.Types))
	for _, code := range slices.Sorted(maps.Keys(file.Types)) {
		raw := file.Types[code]
		if referral.Token(code, referral.MaxCode) == nil {
			d.fault("this cannot be a code", "appointment_types", code)
		}
		t := appointmentType{display: d.phrase(raw.Display, nil, "appointment_types", code, "display"), remote: raw.Remote}
		if raw.NextStep != nil {
			t.nextStep = d.phrase(raw.NextStep, nil, "appointment_types", code, "next_step")
		}
		v.types[code] = t
	}
	if len(file.Types) == 0 {
		d.fault("the list is empty", "appointment_types")
	}
}

// reviewWords are the events of one kind of review.
type reviewWords struct{ due, overdue phrase }

func (v *ValueSets) readReviews(d *document) {
	var file struct {
		Header  header `yaml:",inline"`
		Reviews map[string]struct {
			Due     words `yaml:"due"`
			Overdue words `yaml:"overdue"`
		} `yaml:"reviews"`
	}
	if !d.decode(&file, &file.Header) {
		return
	}
	v.reviews = make(map[string]reviewWords, len(file.Reviews))
	for _, kind := range []string{referral.ReviewTriage, referral.ReviewAppointment, reviewUnknown} {
		raw, ok := file.Reviews[kind]
		if !ok {
			d.fault("the entry is missing", "reviews", kind)
			continue
		}
		v.reviews[kind] = reviewWords{
			due:     d.phrase(raw.Due, nil, "reviews", kind, "due"),
			overdue: d.phrase(raw.Overdue, nil, "reviews", kind, "overdue"),
		}
	}
	for _, kind := range slices.Sorted(maps.Keys(file.Reviews)) {
		if _, ok := v.reviews[kind]; !ok {
			d.fault("no review is of this kind", "reviews", kind)
		}
	}
}

func (v *ValueSets) readOrganisations(d *document) {
	var file struct {
		Header header   `yaml:",inline"`
		Upper  []string `yaml:"keep_upper"`
		Small  []string `yaml:"keep_lower"`
		Words  []string `yaml:"words"`
		Names  []string `yaml:"names"`
	}
	if !d.decode(&file, &file.Header) {
		return
	}
	v.casing = casing{upper: make(map[string]bool), small: make(map[string]bool), exact: make(map[string]string)}
	v.names = make(map[string]string, len(file.Names))
	for _, word := range file.Upper {
		v.casing.upper[strings.ToUpper(word)] = true
	}
	for _, word := range file.Small {
		v.casing.small[strings.ToUpper(word)] = true
	}
	for _, word := range file.Words {
		if strings.ContainsRune(word, ' ') {
			d.fault("one word was expected: "+word, "words")
		}
		v.casing.exact[strings.ToUpper(word)] = word
	}
	for _, name := range file.Names {
		if cleanText(name) != name {
			d.fault("a name is not plain text", "names")
		}
		v.names[strings.ToUpper(name)] = name
	}
}
