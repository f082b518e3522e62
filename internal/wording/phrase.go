package wording

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Phrase is one thing to say, in the languages in which it can be said.
type Phrase map[Lang]template

// In fills the phrase in the wanted language, or in English where it has no
// such words. Values are pairs of slot and text.
func (p Phrase) In(lang Lang, values ...string) Text {
	lang = p.Spoken(lang)
	return Text{Lang: lang, Text: p[lang].fill(values)}
}

// Spoken is the language in which the phrase is said when lang is wanted. A date
// that goes into the phrase is said in the same one.
func (p Phrase) Spoken(lang Lang) Lang {
	if _, ok := p[lang]; ok {
		return lang
	}
	return English
}

// Literal returns the words without their slots, by language, for checks at load.
func (p Phrase) Literal() map[Lang]string {
	words := make(map[Lang]string, len(p))
	for lang, t := range p {
		words[lang] = t.literal()
	}
	return words
}

// template is text with slots: "Your appointment is on {date} at {time}."
type template []segment

type segment struct{ text, slot string } // one of the two

func (t template) fill(values []string) string {
	if len(t) == 1 && t[0].slot == "" {
		return t[0].text
	}
	var b strings.Builder
	for _, s := range t {
		if s.slot == "" {
			b.WriteString(s.text)
			continue
		}
		for i := 0; i+1 < len(values); i += 2 {
			if values[i] == s.slot {
				b.WriteString(values[i+1])
			}
		}
	}
	return b.String()
}

// literal is the text without its slots, for the checks at load.
func (t template) literal() string {
	var b strings.Builder
	for _, s := range t {
		b.WriteString(s.text)
		b.WriteString(" ")
	}
	return b.String()
}

// maxPhrase bounds one phrase, in bytes.
const maxPhrase = 400

// parseTemplate reads a phrase and checks that it uses exactly these slots.
func parseTemplate(text string, slots []string) (template, error) {
	switch {
	case strings.TrimSpace(text) == "":
		return nil, errors.New("no words")
	case len(text) > maxPhrase:
		return nil, fmt.Errorf("longer than %d bytes", maxPhrase)
	case Clean(text) != text:
		return nil, errors.New("markup, control characters, symbols or doubled spaces")
	}
	var t template
	var used []string
	for rest := text; rest != ""; {
		before, after, open := strings.Cut(rest, "{")
		if strings.Contains(before, "}") {
			return nil, errors.New("a } without {")
		}
		if before != "" {
			t = append(t, segment{text: before})
		}
		if !open {
			break
		}
		slot, tail, closed := strings.Cut(after, "}")
		if !closed {
			return nil, errors.New("a { without }")
		}
		if !slices.Contains(slots, slot) {
			return nil, fmt.Errorf("slot {%s} has no meaning here, want %v", slot, slots)
		}
		used = append(used, slot)
		t = append(t, segment{slot: slot})
		rest = tail
	}
	for _, slot := range slots {
		if !slices.Contains(used, slot) {
			return nil, fmt.Errorf("slot {%s} is missing", slot)
		}
	}
	return t, nil
}
