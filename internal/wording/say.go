package wording

import "time"

// London is the time zone of every date that is shown.
func (s *Set) London() *time.Location { return s.london }

// Say fills one phrase; values are pairs of slot and text.
func (s *Set) Say(lang Lang, key Key, values ...string) Text {
	return s.phrases[key].In(lang, values...)
}

// Phrase returns one phrase, for a caller that must agree on a language first.
func (s *Set) Phrase(key Key) Phrase { return s.phrases[key] }

// Count says how many things there are.
func (s *Set) Count(lang Lang, key Key, n int) Text { return s.counts[key].of(n, lang) }

// Notice says that something is not shown. Codes are those of phrases.yaml
// without their prefix, such as unreadable_item. A code without words there is
// said in general words, so that a new one is never left out. A count below 1
// is taken for 1.
func (s *Set) Notice(code string, count int, lang Lang) Text {
	words, ok := s.counts[noticePrefix+Key(code)]
	if !ok {
		words = s.counts[KeyOtherNotice]
	}
	return words.of(max(count, 1), lang)
}

// SourceIssue says what went wrong with a source: timeout, structure, transient,
// exception or business-rule (NFR-08). Any other code has general words.
func (s *Set) SourceIssue(code string, lang Lang) Text {
	words, ok := s.phrases[issuePrefix+Key(code)]
	if !ok {
		words = s.phrases[KeyOtherIssue]
	}
	return words.In(lang)
}
