package disclosure

import (
	"strings"

	"github.com/patient-care-aggregator/aggregator/internal/referral"
	"github.com/patient-care-aggregator/aggregator/internal/wording"
)

// Judge applies the policy to the referrals of one timeline. It remembers the
// texts that it weighed, because names repeat, and is for one goroutine.
type Judge struct {
	policy  *Policy
	words   *wording.Set
	weighed map[string]Level
}

// Judge returns a judge for one timeline.
func (p *Policy) Judge(words *wording.Set) *Judge {
	return &Judge{policy: p, words: words, weighed: make(map[string]Level)}
}

// Level decides how much of a referral is shown, from everything that any source
// says about it: what one copy of a referral lets slip, all copies keep. It is
// the only place where that is decided.
func (j *Judge) Level(copies []referral.Facts) Level {
	verdict := Show
	for i := range copies {
		verdict = max(verdict, j.judgeOne(&copies[i]))
	}
	return verdict
}

func (j *Judge) judgeOne(f *referral.Facts) Level {
	p := j.policy
	verdict := Show
	if _, known := j.words.Priority(f.Priority); !p.Disclose && (!known || f.Priority == referral.StateUnknown || p.priorities[f.Priority]) {
		verdict = Soften
	}
	weigh := func(text string) {
		if text != "" {
			verdict = max(verdict, j.weigh(text))
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
func (j *Judge) weigh(text string) Level {
	if known, ok := j.weighed[text]; ok {
		return known
	}
	verdict := j.policy.weigh(wording.Fold(text))
	if clean := wording.Clean(text); clean != text {
		verdict = max(verdict, j.policy.weigh(wording.Fold(clean)))
	}
	j.weighed[text] = verdict
	return verdict
}

func (p *Policy) weigh(f wording.Folded) Level {
	verdict := Show
	if !p.Disclose && (!f.Judgeable || p.cancer.matches(f)) {
		verdict = Soften
	}
	for i := range p.sensitive {
		care := &p.sensitive[i]
		if care.level > verdict && care.triggers.matches(f) {
			verdict = care.level
		}
	}
	return verdict
}

// PlaceName is the name of an organisation or site as far as it may be told:
// whole, without the parts that tell, or as the general words in lang. The second
// result reports whether the name is told whole, so that its code may be told
// too. An empty name stays empty.
func (j *Judge) PlaceName(raw string, level Level, general wording.Phrase, lang wording.Lang) (wording.Text, bool) {
	name := j.words.OrganisationName(raw)
	if name == "" {
		return wording.Text{}, true
	}
	if !j.placeTells(raw, level) && !j.placeTells(name, level) {
		return wording.Name(name), true
	}
	parts := strings.FieldsFunc(wording.Clean(raw), func(r rune) bool { return strings.ContainsRune(",()/:;|", r) })
	kept := parts[:0]
	for _, part := range parts {
		part = strings.Trim(part, " -")
		if part != "" && !j.placeTells(part, level) {
			kept = append(kept, part)
		}
	}
	rest := j.words.OrganisationName(strings.Join(kept, ", "))
	// A part can tell nothing by itself and tell next to another.
	if rest == "" || j.placeTells(rest, level) {
		return general.In(lang), false
	}
	return wording.Name(rest), false
}

func (j *Judge) placeTells(name string, level Level) bool {
	if j.weigh(name) > Show {
		return true
	}
	return level > Show && j.policy.places.matches(wording.Fold(name))
}
