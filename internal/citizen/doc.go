// Package citizen says who a person is to this service: a random pseudonym that
// everything else holds, and the NHS number that almost nothing may see.
//
// It owns the pseudonym ([Ref]), the secret NHS number ([NHSNumber]) and the
// [Registry] that finds or makes the one for the other. The registry's table is
// the only place where the two meet; erasing a row there leaves every other
// record without a person.
//
// It must not know where subjects are stored, who asks, or what for.
// Neighbours: internal/keys hashes and seals for it; internal/store/sqlite
// implements [Store]; internal/nhslogin is the only room that brings NHS numbers in.
package citizen
