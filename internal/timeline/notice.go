package timeline

// Notice tells the citizen, in the answer itself, that something is not shown.
type Notice struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	Count   int    `json:"count"`
}

// Notice puts a notice into words. Codes are those of phrases.yaml without their
// prefix, such as unreadable_item; a code without words there is told in general
// words, so a new one never goes unsaid. A count below 1 is taken for 1.
func (v *ValueSets) Notice(code string, count int, lang Lang) Notice {
	count = max(count, 1)
	words, ok := v.counts[noticePrefix+sayKey(code)]
	if !ok {
		words = v.counts[sayOtherNotice]
	}
	return Notice{Code: code, Message: words.of(count, lang), Count: count}
}

// SourceIssue says what went wrong with a source: timeout, structure, transient,
// exception or business-rule (NFR-08). Any other code has general words.
func (v *ValueSets) SourceIssue(code string, lang Lang) string {
	words, ok := v.phrases[issuePrefix+sayKey(code)]
	if !ok {
		words = v.phrases[sayOtherIssue]
	}
	return words.in(lang)
}
