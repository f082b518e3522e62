package wording

import "strings"

// PhoneNumber returns a number that can be dialled from everywhere in the United
// Kingdom, or nothing: without its area code, or without the zero before it, a number
// reaches somebody else. One of the United Kingdom is grouped as the NHS content style
// has it; any other stays as it is written.
func PhoneNumber(s string) *string {
	const maxLen = 24
	s = strings.Join(strings.Fields(s), " ")
	if len(s) > maxLen || strings.Trim(s, " ()-+0123456789") != "" || strings.LastIndex(s, "+") > 0 || !reaches(national(s)) {
		return nil
	}
	s = grouped(s)
	return &s
}

// reaches reports whether digits are a whole number: of the United Kingdom (Ofcom,
// national telephone numbering plan), of another country (ITU-T E.164), or a short one
// such as 111.
func reaches(digits string) bool {
	n := len(digits)
	switch {
	case strings.HasPrefix(digits, "+"), strings.HasPrefix(digits, "00"):
		return n >= 9 && n <= 17
	case strings.HasPrefix(digits, "0"):
		return n == 10 || n == 11
	}
	return strings.HasPrefix(digits, "1") && (n == 3 || n == 6)
}

// national is a number without what is put between digits, and without the country
// code of the United Kingdom.
func national(s string) string {
	digits := strings.NewReplacer(" ", "", "-", "", "(0)", "", "(", "", ")", "").Replace(s)
	for _, code := range []string{"+44", "0044"} {
		if rest, ok := strings.CutPrefix(digits, code); ok {
			return "0" + strings.TrimPrefix(rest, "0")
		}
	}
	return digits
}

// grouped writes a number of the United Kingdom in the groups in which it is read
// out: area code, then the rest (Ofcom, national telephone numbering plan).
func grouped(s string) string {
	const whole = 11
	national := national(s)
	if len(national) != whole || national[0] != '0' || strings.HasPrefix(national, "00") {
		return s
	}
	first, second := 5, 3 // 01632 960 200, 07700 900 123
	switch {
	case national[1] == '2': // 020 7946 0000
		first, second = 3, 4
	case national[1] == '3', national[1] == '8', national[1] == '9', strings.HasPrefix(national, "011"), national[1] == '1' && national[3] == '1':
		first, second = 4, 3 // 0300 123 1234, 0113 496 0000, 0161 496 0000
	}
	return national[:first] + " " + national[first:first+second] + " " + national[first+second:]
}
