// Package wording holds the words that citizens read and how they are chosen.
//
// It owns the value sets (read once by [Load] from a file system of YAML files:
// phrases, states, specialties, priorities, types, reviews, organisation names,
// problems, the access log), the languages ([Lang]), text that knows its language
// ([Text]), dates and times in words, and the cleaning of text that other systems
// wrote ([Clean]).
//
// A phrase that has no words in the wanted language is said in English, and its
// date too. The [Text] says which language it became. A problem is in one language
// as a whole.
//
// Read it in this order: lang.go, text.go, phrase.go, keys.go, state_words.go,
// say.go, display_time.go; then how the files are read: set.go, document.go,
// phrases.go, codes.go, table.go, problems.go, access_log.go; then clean.go, fold.go,
// casing.go, organisation_name.go.
//
// It is pure: no input but the file system given to [Load], and no clock. It must
// not know citizens, timelines or how much may be told. Of ours it imports
// internal/referral, for the codes.
//
// Neighbours: package valuesets holds the embedded files; internal/disclosure
// reads the policy with the same [Document]; internal/timeline says the words;
// internal/organisation uses [Set.OrganisationName].
package wording
