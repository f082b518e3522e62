// Package timeline builds the answer to "where is my referral, what happens next,
// by when, who acts, and whom do I phone?".
//
// It owns the answer and its JSON shape ([Timeline]) and how it is made from facts,
// observations, words and policy at one instant ([Build]); what a calendar file
// says about an appointment ([CalendarEntry]); and the words for changes between
// two reads ([TellChanges]).
//
// The path of one referral, which is also the order in which to read the files:
//
//	build.go        referral.Merge: one referral per id; disclosure: how much is shown
//	appointment.go  what the appointment means at this instant
//	review.go       what the review means at this instant: overdue or not
//	state.go        code, phase, who acts, which words
//	observed.go     since when it was seen, and what came before
//	waiting.go      whether the wait is long
//	service.go, contact.go, event.go, calendar.go, source.go   the other parts
//	order.go        the order of referrals and events, and the summary
//	timeline.go     the shape of the answer
//
// It is pure: no input or output, and no clock but the instant passed to [Build].
// The same facts, in any order, lead to the same bytes.
//
// It must not know who the citizen is, which app asks, whether the citizen consented
// or how facts were fetched. Of ours it imports internal/referral,
// internal/disclosure and internal/wording.
//
// Neighbours: internal/aggregate gathers facts; internal/history observes;
// internal/httpapi serves the answer; package web shows it as a page.
package timeline
