package wording

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// stateRaw is one entry of states.yaml.
type stateRaw struct {
	Title         Words `yaml:"title"`
	Description   Words `yaml:"description"`
	DescriptionBy Words `yaml:"description_by"`
	NextStep      Words `yaml:"next_step"`
	LongWaitDays  int   `yaml:"long_wait_days"`
	NothingToDo   bool  `yaml:"nothing_to_do"`
}

// longestLongWait bounds long_wait_days.
const longestLongWait = 366

func (s *Set) readStates(d *Document) {
	var file struct {
		Header Header                `yaml:",inline"`
		States map[StateKey]stateRaw `yaml:"states"`
	}
	if !d.Decode(&file, &file.Header) {
		return
	}
	slots := stateSlots()
	s.states = make(map[StateKey]StateWords, len(slots))
	for _, name := range slices.Sorted(maps.Keys(slots)) {
		raw, ok := file.States[name]
		if !ok {
			d.Fault("the entry is missing", "states", string(name))
			continue
		}
		at := func(part string) []string { return []string{"states", string(name), part} }
		entry := StateWords{
			Title:        d.Phrase(raw.Title, nil, at("title")...),
			Description:  d.Phrase(raw.Description, slots[name], at("description")...),
			NextStep:     d.Phrase(raw.NextStep, raw.NextStep.contactSlot(), at("next_step")...),
			LongWaitDays: raw.LongWaitDays,
			NothingToDo:  raw.NothingToDo,
		}
		waits := hospitalActs(name)
		switch {
		case waits && (raw.LongWaitDays < 1 || raw.LongWaitDays > longestLongWait):
			d.Fault(fmt.Sprintf("say after how many days a wait is long, 1 to %d", longestLongWait), at("long_wait_days")...)
		case !waits && raw.LongWaitDays != 0:
			d.Fault("nobody waits for the hospital here", at("long_wait_days")...)
		}
		if !waits && raw.NothingToDo {
			d.Fault("only where the hospital acts can the citizen be told to do nothing", at("nothing_to_do")...)
		}
		if raw.DescriptionBy != nil {
			entry.DescriptionBy = d.Phrase(raw.DescriptionBy, []string{"date"}, at("description_by")...)
		}
		s.states[name] = entry
	}
	for _, name := range slices.Sorted(maps.Keys(file.States)) {
		if _, ok := slots[name]; !ok {
			d.Fault("no referral can be in this state", "states", string(name))
		}
	}
}

// noticePrefix and issuePrefix begin the keys that can be added to freely.
const (
	noticePrefix = "notice_"
	issuePrefix  = "issue_"
)

func (s *Set) readPhrases(d *Document) {
	var file struct {
		Header   Header             `yaml:",inline"`
		Weekdays map[Lang][]string  `yaml:"weekdays"`
		Months   map[Lang][]string  `yaml:"months"`
		Phrases  map[Key]Words      `yaml:"phrases"`
		Counted  map[Key]countedRaw `yaml:"counted"`
	}
	if !d.Decode(&file, &file.Header) {
		return
	}
	const daysInWeek, monthsInYear = 7, 12
	s.calendar = calendarWords{
		weekdays: d.list(file.Weekdays, daysInWeek, "weekdays"),
		months:   d.list(file.Months, monthsInYear, "months"),
	}
	slots := keySlots()
	s.phrases = make(map[Key]Phrase, len(slots))
	for _, key := range slices.Sorted(maps.Keys(slots)) {
		if _, ok := file.Phrases[key]; !ok {
			d.Fault("the phrase is missing", "phrases", string(key))
		}
	}
	for _, key := range slices.Sorted(maps.Keys(file.Phrases)) {
		want, ok := slots[key]
		if !ok && !strings.HasPrefix(string(key), issuePrefix) {
			d.Fault("nothing is said by this name", "phrases", string(key))
			continue
		}
		s.phrases[key] = d.Phrase(file.Phrases[key], want, "phrases", string(key))
	}
	s.counts = make(map[Key]counted, len(file.Counted))
	for _, key := range []Key{KeySummaryAction, KeyOtherNotice} {
		if _, ok := file.Counted[key]; !ok {
			d.Fault("the phrase is missing", "counted", string(key))
		}
	}
	for _, key := range slices.Sorted(maps.Keys(file.Counted)) {
		if key != KeySummaryAction && !strings.HasPrefix(string(key), noticePrefix) {
			d.Fault("nothing is said by this name", "counted", string(key))
			continue
		}
		s.counts[key] = d.counted(file.Counted[key], string(key))
	}
}

// list reads the names of days or months: all of them, in every language that is there.
func (d *Document) list(raw map[Lang][]string, want int, at string) map[Lang][]string {
	if raw[English] == nil {
		d.Fault("English words are missing", at)
	}
	shown := make(map[Lang][]string, len(raw))
	for lang, names := range raw {
		if len(names) != want {
			d.Fault("the list has the wrong length", at, string(lang))
		}
		for _, name := range names {
			if name == "" || Clean(name) != name {
				d.Fault("a name is empty or not plain text", at, string(lang))
			}
		}
		if d.shown.has(lang) {
			shown[lang] = names
		}
	}
	for _, lang := range d.shown.Shown {
		if raw[lang] == nil {
			d.Fault("the language "+string(lang)+" is to be shown (PCA_LANGUAGES) and has no words here", at)
		}
	}
	return shown
}
