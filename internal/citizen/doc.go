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
// implements [Store]. NHS numbers enter the service in three places: from NHS
// login (internal/nhslogin), from an auditor's search (internal/httpapi) and from
// the subject commands (cmd/aggregator).
//
// Reading order: citizen.go, nhs_number.go, registry.go, look_up.go.
package citizen
