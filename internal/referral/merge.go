package referral

import (
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Copies are all facts about one referral, the copy to show first.
type Copies []Facts

// Merge brings the facts about each referral together. Of one
// source's facts the newest version wins, then the fullest; between sources the
// fullest wins. Ties fall to the content, so the order in which facts arrive
// never matters. Facts without a usable id get one from their content: two
// nameless referrals are two, unless they are equal.
func Merge(facts []Facts) []Copies {
	byID := make(map[string]int, len(facts))
	merged := make([]Copies, 0, len(facts))
	for i := range facts {
		f := facts[i]
		if Token(f.ID, MaxCode) == nil {
			f.ID, f.ManageURL = contentID(&f), "" // the hand-off could not find it again
		}
		at, seen := byID[f.ID]
		if !seen {
			byID[f.ID] = len(merged)
			merged = append(merged, Copies{f})
			continue
		}
		merged[at] = append(merged[at], f)
	}
	for _, c := range merged {
		if len(c) > 1 {
			slices.SortFunc(c, func(a, b Facts) int { return compareWithin(&a, &b) })
			best := 0
			for i := 1; i < len(c); i++ {
				if c[i].Source != c[i-1].Source && compareAcross(&c[i], &c[best]) < 0 {
					best = i
				}
			}
			c[0], c[best] = c[best], c[0]
		}
	}
	return merged
}

// compareWithin orders the copies of each source, the best first.
func compareWithin(a, b *Facts) int {
	return cmp.Or(
		cmp.Compare(a.Source, b.Source),
		cmp.Compare(version(b), version(a)),
		cmp.Compare(richness(b), richness(a)),
		strings.Compare(canonical(a), canonical(b)),
	)
}

// compareAcross orders the best copies of different sources.
func compareAcross(a, b *Facts) int {
	return cmp.Or(cmp.Compare(richness(b), richness(a)), strings.Compare(canonical(a), canonical(b)))
}

// version is the number in a version such as `3` or `W/"3"`; -1 when there is none.
func version(f *Facts) int64 {
	digits := strings.Trim(strings.TrimPrefix(f.Version, "W/"), `"`)
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || n < 0 {
		return -1
	}
	return n
}

// richness counts what a source knows.
func richness(f *Facts) int {
	score := 0
	for _, known := range []bool{
		f.BookingReference != "", f.Priority != "", f.Specialty != nil, !f.ReferredOn.IsZero(),
		f.Referrer != nil, f.Referrer != nil && f.Referrer.Name != "", f.Review != nil,
		f.Review != nil && !f.Review.DueBy.IsZero(), f.Appointment != nil,
		f.Appointment != nil && f.Appointment.Start != nil, f.ManageURL != "",
	} {
		if known {
			score++
		}
	}
	if _, known := RulesOf(f.State); known {
		score += 2
	}
	if s := f.Service; s != nil {
		score += 1 + len(s.Locations)
		for _, known := range []bool{s.Name != "", s.Type != "", s.Specialty != nil, s.Provider != nil && s.Provider.Name != ""} {
			if known {
				score++
			}
		}
	}
	return score
}

// canonical is the whole content, for order and identity only. Instants go in
// as numbers: JSON cannot carry every year.
func canonical(f *Facts) string {
	bare := *f
	times := ""
	if a := f.Appointment; a != nil {
		times = a.ID + "|" + seconds(a.Start) + "|" + seconds(a.End) + "|" + a.Version + "|" + seconds(a.Modified)
		bare.Appointment = nil
	}
	text, err := json.Marshal(bare)
	if err != nil { // only strings and numbers: cannot happen, and must not matter
		return bare.ID + bare.Source + times
	}
	return string(text) + times
}

func seconds(t *time.Time) string {
	if t == nil {
		return ""
	}
	return strconv.FormatInt(t.Unix(), 10) + "." + strconv.Itoa(t.Nanosecond())
}

func contentID(f *Facts) string { return DigestID("referral", canonical(f)) }
