package httpapi

import (
	"golang.org/x/text/language"

	"github.com/patient-care-aggregator/aggregator/internal/wording"
)

// maxAcceptLanguage bounds the header that a client sends, in bytes.
const maxAcceptLanguage = 512

// parseLang chooses a language from an Accept-Language header (RFC 9110, 12.5.4).
// Anything absent, unreadable or not supported means English.
func parseLang(acceptLanguage string) wording.Lang {
	if len(acceptLanguage) > maxAcceptLanguage {
		return wording.English
	}
	tags, _, err := language.ParseAcceptLanguage(acceptLanguage)
	if err != nil {
		return wording.English
	}
	for _, tag := range tags { // by falling weight
		base, _ := tag.Base()
		switch wording.Lang(base.String()) {
		case wording.English:
			return wording.English
		case wording.Welsh:
			return wording.Welsh
		}
	}
	return wording.English
}
