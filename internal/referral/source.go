package referral

import "time"

// SourceOK is the status of a source that answered freshly and in full.
const SourceOK = "ok"

// Source is how one source did when it was asked for a citizen's referrals.
type Source struct {
	ID   string // such as "ers-01"
	Name string // as citizens know it
	// Status is ok, stale (an older reading, because the source failed now),
	// partial (not all could be read) or failed.
	Status    string
	FetchedAt *time.Time // when the reading was made; nil when there is none
	Issue     string     // of NFR-08; empty when nothing went wrong
}

// Notice counts things of one kind that could not be shown.
type Notice struct {
	Code  string // such as unreadable_item
	Count int
}
