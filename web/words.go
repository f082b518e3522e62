package web

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/patient-care-aggregator/aggregator/internal/referral"
	"github.com/patient-care-aggregator/aggregator/internal/wording"
)

// optional is the text, or none.
func optional(text *wording.Text) wording.Text {
	if text == nil {
		return wording.Text{}
	}
	return *text
}

// whoActs says who does the next thing.
func whoActs(a referral.Actor) string {
	switch a {
	case referral.You:
		return "you"
	case referral.ByHospital:
		return "hospital staff"
	case referral.ByReferrer:
		return "the person who referred you"
	case referral.Nobody:
		return "no one before your appointment"
	}
	return "we do not know"
}

// Day is "Wednesday 6 August 2025" (NHS content style).
func Day(t time.Time) string { return t.Format("Monday 2 January 2006") }

// Clock is "2:30pm", "9am", "midday" or "midnight" (NHS content style).
func Clock(t time.Time) string {
	const noon = 12
	switch {
	case t.Minute() != 0:
		return t.Format("3:04pm")
	case t.Hour() == 0:
		return "midnight"
	case t.Hour() == noon:
		return "midday"
	}
	return t.Format("3pm")
}

// dial is a phone number as a tel: address takes it (RFC 3966): digits, after a
// plus where there is one. Empty where it is not a number.
func dial(phone string) string {
	phone = strings.TrimSpace(phone)
	if strings.HasPrefix(phone, "+") { // "+44 (0)113": the 0 is for who dials within the country
		phone = strings.Replace(phone, "(0)", "", 1)
	}
	var b strings.Builder
	for i, r := range phone {
		switch {
		case r >= '0' && r <= '9', r == '+' && i == 0:
			b.WriteRune(r)
		case r == ' ' || r == '-' || r == '(' || r == ')':
		default:
			return "" // an extension or words: better read than dialled wrongly
		}
	}
	return b.String()
}

// sentence begins text with a capital letter.
func sentence(text string) string {
	first, size := utf8.DecodeRuneInString(text)
	return string(unicode.ToUpper(first)) + text[size:]
}
