package wording

// Lang is a language in which phrases are written, as a BCP 47 tag.
type Lang string

// The languages. Every phrase has English; a phrase without the wanted
// language is said in English.
const (
	English Lang = "en"
	Welsh   Lang = "cy"
)
