package timeline

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// stateRaw is one entry of states.yaml.
type stateRaw struct {
	Title         words `yaml:"title"`
	Description   words `yaml:"description"`
	DescriptionBy words `yaml:"description_by"`
	NextStep      words `yaml:"next_step"`
	LongWaitDays  int   `yaml:"long_wait_days"`
}

// longestLongWait bounds long_wait_days.
const longestLongWait = 366

func (v *ValueSets) readStates(d *document) {
	var file struct {
		Header header            `yaml:",inline"`
		States map[face]stateRaw `yaml:"states"`
	}
	if !d.decode(&file, &file.Header) {
		return
	}
	slots := faceSlots()
	v.faces = make(map[face]stateWords, len(slots))
	for _, name := range slices.Sorted(maps.Keys(slots)) {
		raw, ok := file.States[name]
		if !ok {
			d.fault("the entry is missing", "states", string(name))
			continue
		}
		at := func(part string) []string { return []string{"states", string(name), part} }
		entry := stateWords{
			title:       d.phrase(raw.Title, nil, at("title")...),
			description: d.phrase(raw.Description, slots[name], at("description")...),
			nextStep:    d.phrase(raw.NextStep, nil, at("next_step")...),
			longWait:    raw.LongWaitDays,
		}
		switch waits := hospitalActs(name); {
		case waits && (raw.LongWaitDays < 1 || raw.LongWaitDays > longestLongWait):
			d.fault(fmt.Sprintf("say after how many days a wait is long, 1 to %d", longestLongWait), at("long_wait_days")...)
		case !waits && raw.LongWaitDays != 0:
			d.fault("nobody waits for the hospital here", at("long_wait_days")...)
		}
		if raw.DescriptionBy != nil {
			entry.descriptionBy = d.phrase(raw.DescriptionBy, []string{"date"}, at("description_by")...)
		}
		v.faces[name] = entry
	}
	for _, name := range slices.Sorted(maps.Keys(file.States)) {
		if _, ok := slots[name]; !ok {
			d.fault("no referral can stand like this", "states", string(name))
		}
	}
}

// noticePrefix and issuePrefix begin the keys that can be added to freely.
const (
	noticePrefix = "notice_"
	issuePrefix  = "issue_"
)

func (v *ValueSets) readPhrases(d *document) {
	var file struct {
		Header   header            `yaml:",inline"`
		Weekdays map[Lang][]string `yaml:"weekdays"`
		Months   map[Lang][]string `yaml:"months"`
		Phrases  map[sayKey]words  `yaml:"phrases"`
		Counted  map[sayKey]struct {
			One   words `yaml:"one"`
			Other words `yaml:"other"`
		} `yaml:"counted"`
	}
	if !d.decode(&file, &file.Header) {
		return
	}
	const daysInWeek, monthsInYear = 7, 12
	v.calendar = calendarWords{
		weekdays: d.list(file.Weekdays, daysInWeek, "weekdays"),
		months:   d.list(file.Months, monthsInYear, "months"),
	}
	slots := saySlots()
	v.phrases = make(map[sayKey]phrase, len(slots))
	for _, key := range slices.Sorted(maps.Keys(slots)) {
		if _, ok := file.Phrases[key]; !ok {
			d.fault("the phrase is missing", "phrases", string(key))
		}
	}
	for _, key := range slices.Sorted(maps.Keys(file.Phrases)) {
		want, ok := slots[key]
		if !ok && !strings.HasPrefix(string(key), issuePrefix) {
			d.fault("nothing is said by this name", "phrases", string(key))
			continue
		}
		v.phrases[key] = d.phrase(file.Phrases[key], want, "phrases", string(key))
	}
	v.counts = make(map[sayKey]counted, len(file.Counted))
	for _, key := range []sayKey{saySummaryAction, sayOtherNotice} {
		if _, ok := file.Counted[key]; !ok {
			d.fault("the phrase is missing", "counted", string(key))
		}
	}
	for _, key := range slices.Sorted(maps.Keys(file.Counted)) {
		if key != saySummaryAction && !strings.HasPrefix(string(key), noticePrefix) {
			d.fault("nothing is said by this name", "counted", string(key))
			continue
		}
		raw := file.Counted[key]
		v.counts[key] = counted{
			one:   d.phrase(raw.One, []string{"count"}, "counted", string(key), "one"),
			other: d.phrase(raw.Other, []string{"count"}, "counted", string(key), "other"),
		}
	}
}

// list reads the names of days or months: all of them, in every language given.
func (d *document) list(raw map[Lang][]string, want int, at string) map[Lang][]string {
	if raw[English] == nil {
		d.fault("English words are missing", at)
	}
	shown := make(map[Lang][]string, len(raw))
	for lang, names := range raw {
		if len(names) != want {
			d.fault("the list has the wrong length", at, string(lang))
		}
		for _, name := range names {
			if name == "" || cleanText(name) != name {
				d.fault("a name is empty or not plain text", at, string(lang))
			}
		}
		if d.offered[lang] || lang == English {
			shown[lang] = names
		}
	}
	return shown
}
