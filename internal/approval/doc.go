// Package approval carries out what staff do about people and about the log, over and above
// reading: sign a citizen out, place and lift holds, erase, withhold an entry from the
// citizen it is about, and remove what retention no longer keeps.
//
// What destroys or hides something needs two people: one proposes it, another approves
// it, and nobody approves their own. Each step is in the log with one act id.
//
// It owns proposals ([Desk]). Reading order: proposal.go, desk.go, decide.go.
//
// It must not know HTTP, who the people behind the pseudonyms are, or where anything is
// stored. Neighbours: internal/subject does what is proposed about people,
// internal/audit what is proposed about the log, internal/httpapi/auditor and
// cmd/aggregator offer it.
package approval
