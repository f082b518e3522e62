package httpapi

import (
	"golang.org/x/text/language"

	"github.com/patient-care-aggregator/aggregator/internal/wording"
)

// maxAcceptLanguage bounds the header that a client sends, in bytes.
const maxAcceptLanguage = 512

// wantedLanguages are those of an Accept-Language header (RFC 9110, 12.5.4), the
// best first; none where it is absent or unreadable.
func wantedLanguages(acceptLanguage string) []wording.Lang {
	if len(acceptLanguage) > maxAcceptLanguage {
		return nil
	}
	tags, _, err := language.ParseAcceptLanguage(acceptLanguage)
	if err != nil {
		return nil
	}
	wanted := make([]wording.Lang, len(tags))
	for i, tag := range tags { // by falling weight
		base, _ := tag.Base()
		wanted[i] = wording.Lang(base.String())
	}
	return wanted
}
