package referral

import "time"

// Source is how one source did when it was asked for a citizen's referrals.
type Source struct {
	ID        string // such as "ers-01"
	Name      string // as citizens know it
	Status    SourceStatus
	FetchedAt *time.Time // when the reading was made; nil when there is none
	Issue     Issue      // empty when nothing went wrong
	// LastTry is when the source was asked last, if that failed; nil once a try succeeded.
	LastTry *time.Time
}

// SourceStatus is the outcome of one source.
type SourceStatus string

// The statuses.
const (
	SourceOK      SourceStatus = "ok"
	SourceStale   SourceStatus = "stale"   // an older reading, because the source failed now
	SourcePartial SourceStatus = "partial" // the source answered, but not all could be read
	SourceFailed  SourceStatus = "failed"  // nothing from this source
)

// Issue is the kind of a source's failure, by the NHS (consumer API, NFR-08).
type Issue string

// The issues.
const (
	IssueTimeout      Issue = "timeout"
	IssueStructure    Issue = "structure" // failed validation
	IssueTransient    Issue = "transient" // an HTTP error
	IssueException    Issue = "exception"
	IssueBusinessRule Issue = "business-rule"
)

// Notice counts things of one kind that could not be shown.
type Notice struct {
	Code  NoticeCode
	Count int
}

// NoticeCode is the kind of thing that could not be shown. A new code needs its
// words in valuesets/phrases.yaml.
type NoticeCode string

// The notices.
const (
	UnreadableItem        NoticeCode = "unreadable_item"        // a referral, or what may be one, that could not be read
	UnreadableAppointment NoticeCode = "unreadable_appointment" // an appointment whose time or status could not be read
	UnreadableReview      NoticeCode = "unreadable_review"      // a review that could not be read
	UnreadablePart        NoticeCode = "unreadable_part"        // a part of what is shown could not be read
	Orphan                NoticeCode = "orphan"                 // an appointment or task without its referral
	MissingItem           NoticeCode = "missing_item"           // the source counted more referrals than it sent
	ServiceNotFound       NoticeCode = "service_not_found"      // a referral's service could not be looked up
)
