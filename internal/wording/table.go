package wording

import (
	"maps"
	"slices"
)

const missingEntry = "the entry is missing"

// table reads phrases by name: every one that slots has, and no other.
func (d *Document) table(raw map[string]Words, slots map[string][]string, at string) map[string]Phrase {
	phrases := make(map[string]Phrase, len(slots))
	for _, name := range slices.Sorted(maps.Keys(slots)) {
		words, ok := raw[name]
		if !ok {
			d.Fault(missingEntry, at, name)
			continue
		}
		phrases[name] = d.Phrase(words, slots[name], at, name)
	}
	for _, name := range slices.Sorted(maps.Keys(raw)) {
		if _, ok := slots[name]; !ok {
			d.Fault("nothing is said by this name", at, name)
		}
	}
	return phrases
}

// visitTable calls visit for every phrase of one table.
func visitTable(visit func(file string, at []string, p Phrase), file, at string, phrases map[string]Phrase) {
	for _, name := range slices.Sorted(maps.Keys(phrases)) {
		visit(file, []string{at, name}, phrases[name])
	}
}
