package timeline

import (
	"github.com/patient-care-aggregator/aggregator/internal/referral"
	"strings"
)

// judge decides how much of a referral is told, from everything that any source
// says about it: what one copy of a referral lets slip, all copies keep. It is
// the only place where that is decided.
func (b *builder) judge(copies []referral.Facts) level {
	verdict := show
	for i := range copies {
		verdict = max(verdict, b.judgeOne(&copies[i]))
	}
	return verdict
}

func (b *builder) judgeOne(f *referral.Facts) level {
	p := &b.vs.policy
	verdict := show
	if _, known := b.vs.priorities[f.Priority]; !p.disclose && (!known || f.Priority == referral.StateUnknown || p.priorities[f.Priority]) {
		verdict = soften
	}
	weigh := func(text string) {
		if text != "" {
			verdict = max(verdict, b.weigh(text))
		}
	}
	coding := func(c *referral.Coding) {
		if c == nil {
			return
		}
		weigh(c.Code)
		weigh(c.Display)
		for i := range p.sensitive {
			if p.sensitive[i].specialties[c.Code] {
				verdict = max(verdict, p.sensitive[i].level)
			}
		}
	}
	coding(f.Specialty)
	if s := f.Service; s != nil {
		coding(s.Specialty)
		weigh(s.Name)
		weigh(s.Type)
		if s.Provider != nil {
			weigh(s.Provider.Name)
		}
		for i := range s.Locations {
			weigh(s.Locations[i].Name)
		}
	}
	return verdict
}

// weigh judges one text as it came and as it would be shown. Each text is
// weighed once a timeline: names repeat.
func (b *builder) weigh(text string) level {
	if known, ok := b.weighed[text]; ok {
		return known
	}
	verdict := b.vs.weigh(fold(text))
	if clean := cleanText(text); clean != text {
		verdict = max(verdict, b.vs.weigh(fold(clean)))
	}
	b.weighed[text] = verdict
	return verdict
}

func (v *ValueSets) weigh(f folded) level {
	verdict := show
	if !v.policy.disclose && (!f.judgeable || v.policy.cancer.matches(f)) {
		verdict = soften
	}
	for i := range v.policy.sensitive {
		care := &v.policy.sensitive[i]
		if care.level > verdict && care.triggers.matches(f) {
			verdict = care.level
		}
	}
	return verdict
}

// placeName is the name of an organisation or site as far as it may be told:
// whole, without the parts that tell, or as the general words. The second result
// says that the name is told whole, so that its code may be told too. An empty
// name stays empty.
func (b *builder) placeName(raw string, verdict level, general phrase) (string, bool) {
	name := b.vs.OrganisationName(raw)
	if name == "" {
		return "", true
	}
	if !b.placeTells(raw, verdict) && !b.placeTells(name, verdict) {
		return name, true
	}
	parts := strings.FieldsFunc(cleanText(raw), func(r rune) bool { return strings.ContainsRune(",()/:;|", r) })
	kept := parts[:0]
	for _, part := range parts {
		part = strings.Trim(part, " -")
		if part != "" && !b.placeTells(part, verdict) {
			kept = append(kept, part)
		}
	}
	rest := b.vs.OrganisationName(strings.Join(kept, ", "))
	// A part can be innocent alone and tell beside another.
	if rest == "" || b.placeTells(rest, verdict) {
		return general.in(b.lang), false
	}
	return rest, false
}

func (b *builder) placeTells(name string, verdict level) bool {
	if b.weigh(name) > show {
		return true
	}
	return verdict > show && b.vs.policy.places.matches(fold(name))
}
