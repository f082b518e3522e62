// Package referral holds the facts of a citizen's referrals, as the sources
// report them, and the rules that depend on nothing but those facts.
//
// It owns
//   - the facts ([Facts]) and their dates ([Date]);
//   - which facts belong to the same referral, and which copy wins ([Merge]);
//   - the state machine: what each state means and which steps are possible
//     ([RulesOf], [TransitionPossible]);
//   - the stage that a referral is at ([Stage]), what an observer keeps of it
//     ([Standing]), earlier stages ([Observed]) and changes between two reads
//     ([Change]).
//
// Read it in this order: facts.go, date.go, merge.go, state_machine.go, stage.go,
// observed.go, change.go.
//
// It is pure: no clock, no input or output. Strings in facts come from other
// systems and are not safe to show; internal/timeline cleans them. It must not
// know words, languages, who the citizen is, how facts were fetched or how old
// they are, and it imports nothing of ours.
//
// Neighbours: internal/patientcare makes facts, internal/aggregate gathers them,
// internal/history observes them, internal/timeline shows them.
package referral
