// Package disclosure decides how much of a referral may be told.
//
// It owns the disclosure policy of disclosure.yaml ([Policy], read by [Load]) and
// its use ([Judge]): no label that tells of a suspected cancer reaches an answer
// unless the policy says so, and other sensitive care is softened or hidden as the
// policy asks. The level of a referral is decided before any word is chosen, from
// everything that any source says about it. [Load] also checks the words of the
// value sets against the policy.
//
// Read it in this order: policy.go, judge.go, matcher.go, check.go.
//
// It is pure: no input but the file system given to [Load], and no clock. It must
// not know citizens, consent or sources. Of ours it imports internal/referral and
// internal/wording.
//
// Neighbour: internal/timeline asks for the level of each referral.
package disclosure
