package referral

import (
	"cmp"
	"slices"
	"time"
)

// Observed is one stage in which this service saw a referral.
type Observed struct {
	ReferralID string
	Stage
	// Since is when the referral was first seen so. It stood so from then at the
	// latest; when it really began is not known.
	Since time.Time
}

// ByReferral groups observed stages. Only stages of referrals that are there are
// ever looked at.
func ByReferral(observed []Observed) map[string][]Observed {
	if len(observed) == 0 {
		return nil
	}
	groups := make(map[string][]Observed)
	for _, o := range observed {
		if Believable(o.Since) {
			o.Stage, o.Since = o.Normalised(), o.Since.UTC().Round(0)
			groups[o.ReferralID] = append(groups[o.ReferralID], o)
		}
	}
	return groups
}

// Runs puts observed stages in the order of time, each stage once from the first
// time that it was seen until another was.
func Runs(all []Observed) []Observed {
	all = slices.Clone(all)
	slices.SortFunc(all, func(a, b Observed) int {
		return cmp.Or(a.Since.Compare(b.Since), cmp.Compare(a.State, b.State), cmp.Compare(a.Phase, b.Phase))
	})
	return slices.CompactFunc(all, func(a, b Observed) bool { return a.Stage == b.Stage })
}
