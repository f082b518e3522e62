package subjecttest

import "strings"

// Case is a reason as somebody types it, and what becomes of it.
type Case struct {
	Name string
	Text string
	Want string // as it is logged; empty: it is rejected
}

// Reasons are the cases that every door must treat alike. The numbers are made up.
func Reasons() []Case {
	return []Case{
		{"a case number with its year", "request 12 of 2026", "request 12 of 2026"},
		{"one word", "inquest", "inquest"},
		{"several lines and spaces", "  complaint\n about\ta letter ", "complaint about a letter"},
		{"what cannot be seen", "comp\u200blaint\x1b[31m of March", "complaint[31m of March"},
		{"letters of another language", "cwyn â llythyr", "cwyn â llythyr"},
		{"an NHS number", "for 9990000018", ""},
		{"an NHS number in groups", "for 999 000 0018", ""},
		{"an NHS number with hyphens", "for 999-000-0018", ""},
		{"an NHS number with other marks", "for 999.000/0018", ""},
		{"an NHS number with letters between", "for 999a000b0018", ""},
		{"an NHS number with what cannot be seen between", "for 99900\u200b00018", ""},
		{"an NHS number over two lines", "for 99900\n00018", ""},
		{"an NHS number in other digits", "for ９９９００００018", ""},
		{"an NHS number in Arabic digits", "for ٩٩٩٠٠٠٠٠١٨", ""},
		{"a number of which each character is two digits", "for ⑽⑾⑿", ""},
		{"a date of birth", "born 12/03/1984", ""},
		{"six digits", "case 123456", ""},
		{"too short", "why?", ""},
		{"nothing", " \t ", ""},
		{"too long", strings.Repeat("because ", 26), ""},
	}
}
