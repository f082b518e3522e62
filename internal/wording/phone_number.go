package wording

import "strings"

// PhoneNumber returns a number that can be dialled, or nothing. One of the United
// Kingdom is grouped as the NHS content style has it; any other stays as it is written.
func PhoneNumber(s string) *string {
	const maxLen, minDigits = 24, 3
	s = strings.Join(strings.Fields(s), " ")
	if len(s) > maxLen {
		return nil
	}
	digits := 0
	for i, r := range s {
		switch {
		case r >= '0' && r <= '9':
			digits++
		case r == ' ', r == '(', r == ')', r == '-', r == '+' && i == 0:
		default:
			return nil
		}
	}
	if digits < minDigits {
		return nil
	}
	s = grouped(s)
	return &s
}

// grouped writes a number of the United Kingdom in the groups in which it is read
// out: area code, then the rest (Ofcom, national telephone numbering plan).
func grouped(s string) string {
	national := strings.NewReplacer(" ", "", "-", "", "(0)", "", "(", "", ")", "").Replace(s)
	if rest, ok := strings.CutPrefix(national, "+44"); ok {
		national = "0" + rest
	}
	const whole = 11
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
