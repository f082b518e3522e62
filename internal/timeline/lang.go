package timeline

import "golang.org/x/text/language"

// Lang is a language in which phrases are written, as a BCP 47 tag.
type Lang string

// The languages. Every phrase has English; a phrase that lacks the wanted
// language is told in English.
const (
	English Lang = "en"
	Welsh   Lang = "cy"
)

// maxAcceptLanguage bounds the header that a stranger sends, in bytes.
const maxAcceptLanguage = 512

// ParseLang chooses a language from an Accept-Language header (RFC 9110, 12.5.4).
// Anything absent, unreadable or not spoken here gives English.
func ParseLang(acceptLanguage string) Lang {
	if len(acceptLanguage) > maxAcceptLanguage {
		return English
	}
	tags, _, err := language.ParseAcceptLanguage(acceptLanguage)
	if err != nil {
		return English
	}
	for _, tag := range tags { // by falling weight
		base, _ := tag.Base()
		switch Lang(base.String()) {
		case English:
			return English
		case Welsh:
			return Welsh
		}
	}
	return English
}
