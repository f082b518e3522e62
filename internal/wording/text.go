package wording

import "strings"

// Text is words and the language that they are in. In JSON it is a plain string.
type Text struct {
	// Lang is empty for a name or a number, which belong to no language.
	Lang Lang
	Text string
	// Next is a sentence that follows in another language; nil when none does.
	Next *Text
}

// Name is text that belongs to no language, such as the name of a hospital.
func Name(text string) Text { return Text{Text: text} }

// Then adds a sentence. The languages stay known if they differ.
func (t Text) Then(next Text) Text {
	switch {
	case t.Next != nil:
		last := t.Next.Then(next)
		t.Next = &last
	case t.Lang == next.Lang && next.Next == nil:
		t.Text += " " + next.Text
	default:
		t.Next = &next
	}
	return t
}

// Parts are the sentences, each in one language.
func (t Text) Parts() []Text {
	parts := []Text{{Lang: t.Lang, Text: t.Text}}
	if t.Next != nil {
		parts = append(parts, t.Next.Parts()...)
	}
	return parts
}

// String is the text without its languages.
func (t Text) String() string {
	if t.Next == nil {
		return t.Text
	}
	var b strings.Builder
	for i, part := range t.Parts() {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(part.Text)
	}
	return b.String()
}

// MarshalText writes the text without its languages: the apps of citizens read
// plain strings, and Content-Language names the language asked for.
func (t Text) MarshalText() ([]byte, error) { return []byte(t.String()), nil }
