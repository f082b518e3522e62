// Package subject carries out a person's rights: the copy of what is held about
// them (UK GDPR, Article 15), erasure (Article 17), the withdrawal of consent with
// what it ends (Article 7(3)), and the holds of a court or an inquiry, which prevent
// erasure and retention.
//
// Each act of an operator is in the audit log before it is done, with its [Reason].
// A reason never contains an NHS number: [ParseReason] is the one rule for every
// reason that somebody types, over HTTP and on the command line.
//
// Reading order: reason.go, rights.go, hold.go, withdrawal.go.
//
// What this package must not know: HTTP, which store holds the data, and how an
// operator names the person. Neighbours: internal/citizen finds a person,
// internal/consent records consents, internal/audit has the log and the holds,
// cmd/aggregator offers these acts to operators, internal/httpapi takes auditors'
// reasons and citizens' withdrawals.
package subject
