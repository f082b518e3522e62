package wording

import (
	"maps"
	"slices"
	"strings"

	"github.com/patient-care-aggregator/aggregator/internal/referral"
)

// The priorities that an answer can show.
const (
	PriorityRoutine = "routine"
	PriorityUrgent  = "urgent"
	PriorityUnknown = "unknown"
)

// Priority is what a code of eRS-Priority means to the citizen.
type Priority struct {
	Show    string // routine or urgent
	Display Phrase
	// Disclosed are the words where the deployment discloses; nil: the same.
	Disclosed Phrase
}

// Priority returns what a priority means, and whether the code is known.
func (s *Set) Priority(code string) (Priority, bool) {
	p, known := s.priorities[code]
	return p, known
}

func (s *Set) readPriorities(d *Document) {
	var file struct {
		Header     Header `yaml:",inline"`
		Priorities map[string]struct {
			Show      string `yaml:"show"`
			Display   Words  `yaml:"display"`
			Disclosed Words  `yaml:"disclosed"`
		} `yaml:"priorities"`
	}
	if !d.Decode(&file, &file.Header) {
		return
	}
	s.priorities = make(map[string]Priority, len(file.Priorities))
	for _, code := range slices.Sorted(maps.Keys(file.Priorities)) {
		raw := file.Priorities[code]
		switch {
		case code == referral.StateUnknown && raw.Show != PriorityUnknown:
			d.Fault("show must be unknown", "priorities", code, "show")
		case code != referral.StateUnknown && raw.Show != PriorityRoutine && raw.Show != PriorityUrgent:
			d.Fault("show must be routine or urgent", "priorities", code, "show")
		}
		p := Priority{Show: raw.Show, Display: d.Phrase(raw.Display, nil, "priorities", code, "display")}
		if raw.Disclosed != nil {
			p.Disclosed = d.Phrase(raw.Disclosed, nil, "priorities", code, "disclosed")
		}
		s.priorities[code] = p
	}
	for _, code := range []string{"ROUTINE", "URGENT", "TWO_WEEK_WAIT", referral.StateUnknown} {
		if _, ok := file.Priorities[code]; !ok {
			d.Fault("the entry is missing", "priorities", code)
		}
	}
}

// specialties finds the words for a specialty by its code, or by the display
// that came without a code.
type specialties struct {
	byCode map[string]Phrase
	byName map[string]string // squeezed English words, whole or before the bracket -> code
}

func (s specialties) find(c *referral.Coding) (code string, words Phrase, known bool) {
	if words, known = s.byCode[c.Code]; known {
		return c.Code, words, true
	}
	before, _, _ := strings.Cut(c.Display, " (")
	for _, name := range []string{c.Display, before} {
		if code, known = s.byName[Fold(name).Squeezed]; known {
			return code, s.byCode[code], true
		}
	}
	return "", nil, false
}

// Specialty finds the words for a specialty by its code, or by the words that
// came without a code.
func (s *Set) Specialty(c *referral.Coding) (code string, words Phrase, known bool) {
	return s.specialties.find(c)
}

// SpecialtyName cleans the words that came with a specialty that the value sets
// do not have. It is empty where nothing can be shown.
func (s *Set) SpecialtyName(raw string) string {
	return shorten(s.casing.sentence(Clean(raw)), maxDisplayRunes)
}

func (s *Set) readSpecialties(d *Document) {
	var file struct {
		Header      Header           `yaml:",inline"`
		Specialties map[string]Words `yaml:"specialties"`
	}
	if !d.Decode(&file, &file.Header) {
		return
	}
	s.specialties = specialties{
		byCode: make(map[string]Phrase, len(file.Specialties)),
		byName: make(map[string]string, len(file.Specialties)),
	}
	for _, code := range slices.Sorted(maps.Keys(file.Specialties)) {
		if referral.Token(code, referral.MaxCode) == nil {
			d.Fault("this cannot be a code", "specialties", code)
		}
		p := d.Phrase(file.Specialties[code], nil, "specialties", code)
		s.specialties.byCode[code] = p
		for _, name := range []string{p.In(English).Text, code} {
			squeezed := Fold(name).Squeezed
			if other, taken := s.specialties.byName[squeezed]; taken && other != code {
				d.Fault("has the same words as "+other, "specialties", code)
			}
			s.specialties.byName[squeezed] = code
		}
	}
	// The words before a bracket name a specialty where nothing else has them.
	for _, code := range slices.Sorted(maps.Keys(s.specialties.byCode)) {
		before, _, _ := strings.Cut(s.specialties.byCode[code].In(English).Text, " (")
		if squeezed := Fold(before).Squeezed; s.specialties.byName[squeezed] == "" {
			s.specialties.byName[squeezed] = code
		}
	}
	if len(file.Specialties) == 0 {
		d.Fault("the list is empty", "specialties")
	}
}

// AppointmentType is a code of eRS-AppointmentType.
type AppointmentType struct {
	Display Phrase
	// NextStep replaces what to do before a booked appointment; nil: the state's words.
	NextStep Phrase
	Remote   bool // at no place: the citizen must not travel to one
}

// AppointmentType returns what a type means, and whether the code is known.
func (s *Set) AppointmentType(code string) (AppointmentType, bool) {
	t, known := s.types[code]
	return t, known
}

func (s *Set) readTypes(d *Document) {
	var file struct {
		Header Header `yaml:",inline"`
		Types  map[string]struct {
			Display  Words `yaml:"display"`
			NextStep Words `yaml:"next_step"`
			Remote   bool  `yaml:"remote"`
		} `yaml:"appointment_types"`
	}
	if !d.Decode(&file, &file.Header) {
		return
	}
	s.types = make(map[string]AppointmentType, len(file.Types))
	for _, code := range slices.Sorted(maps.Keys(file.Types)) {
		raw := file.Types[code]
		if referral.Token(code, referral.MaxCode) == nil {
			d.Fault("this cannot be a code", "appointment_types", code)
		}
		t := AppointmentType{Display: d.Phrase(raw.Display, nil, "appointment_types", code, "display"), Remote: raw.Remote}
		if raw.NextStep != nil {
			t.NextStep = d.Phrase(raw.NextStep, raw.NextStep.contactSlot(), "appointment_types", code, "next_step")
		}
		s.types[code] = t
	}
	if len(file.Types) == 0 {
		d.Fault("the list is empty", "appointment_types")
	}
}

// ReviewWords are the events of one kind of review.
type ReviewWords struct{ Due, Overdue Phrase }

// Review returns the events of one kind of review.
func (s *Set) Review(kind string) ReviewWords { return s.reviews[kind] }

func (s *Set) readReviews(d *Document) {
	var file struct {
		Header  Header `yaml:",inline"`
		Reviews map[string]struct {
			Due     Words `yaml:"due"`
			Overdue Words `yaml:"overdue"`
		} `yaml:"reviews"`
	}
	if !d.Decode(&file, &file.Header) {
		return
	}
	s.reviews = make(map[string]ReviewWords, len(file.Reviews))
	for _, kind := range []string{referral.ReviewTriage, referral.ReviewAppointment, referral.ReviewUnknown} {
		raw, ok := file.Reviews[kind]
		if !ok {
			d.Fault("the entry is missing", "reviews", kind)
			continue
		}
		s.reviews[kind] = ReviewWords{
			Due:     d.Phrase(raw.Due, nil, "reviews", kind, "due"),
			Overdue: d.Phrase(raw.Overdue, nil, "reviews", kind, "overdue"),
		}
	}
	for _, kind := range slices.Sorted(maps.Keys(file.Reviews)) {
		if _, ok := s.reviews[kind]; !ok {
			d.Fault("no review is of this kind", "reviews", kind)
		}
	}
}

func (s *Set) readOrganisations(d *Document) {
	var file struct {
		Header Header   `yaml:",inline"`
		Upper  []string `yaml:"keep_upper"`
		Small  []string `yaml:"keep_lower"`
		Words  []string `yaml:"words"`
		Names  []string `yaml:"names"`

		WrittenOut map[string]string `yaml:"written_out"`
		LeftOut    []string          `yaml:"left_out"`
	}
	if !d.Decode(&file, &file.Header) {
		return
	}
	s.casing = casing{upper: make(map[string]bool), small: make(map[string]bool), exact: make(map[string]string)}
	s.names = make(map[string]string, len(file.Names))
	for _, word := range file.Upper {
		s.casing.upper[strings.ToUpper(word)] = true
	}
	for _, word := range file.Small {
		s.casing.small[strings.ToUpper(word)] = true
	}
	for _, word := range file.Words {
		if strings.ContainsRune(word, ' ') {
			d.Fault("one word was expected: "+word, "words")
		}
		s.casing.exact[strings.ToUpper(word)] = word
	}
	for short, long := range file.WrittenOut {
		if Clean(long) != long || strings.ContainsRune(short, ' ') {
			d.Fault("one abbreviation and one word were expected: "+short, "written_out")
		}
		s.casing.exact[strings.ToUpper(short)] = long
	}
	for _, phrase := range file.LeftOut {
		if phrase == "" || Clean(phrase) != phrase {
			d.Fault("a phrase is not plain text", "left_out")
		}
		s.leftOut = append(s.leftOut, strings.ToUpper(phrase))
	}
	for _, name := range file.Names {
		if Clean(name) != name {
			d.Fault("a name is not plain text", "names")
		}
		s.names[strings.ToUpper(name)] = name
	}
}
