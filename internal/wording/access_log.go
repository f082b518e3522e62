package wording

// The words of the access log that no entry names by a code, by their keys in
// access-log.yaml.
const (
	WhoYou      = "you"
	WhoAuditor  = "auditor"
	WhoOperator = "operator"
	WhoService  = "service"

	AppOwn  = "own"  // this service
	AppGone = "gone" // an app that is no longer registered

	WhatFailed = "data_failed"  // as data_refused, but nobody refused
	WhatNotYet = "data_not_yet" // as data_refused, of the citizen who has not chosen yet

	WhatWithheld = "withheld_entry" // an entry of which only that it is there may be told

	WhyFailed = "failed" // any other reason why nothing was shown
	WhyOther  = "other"  // any other purpose
)

// accessLog is the words of the list of who used a citizen's information.
type accessLog struct{ who, app, what, why map[string]Phrase }

// AccessWho says who acted: one of the Who keys.
func (s *Set) AccessWho(key string, lang Lang) Text { return s.access.who[key].In(lang) }

// AccessApp is used in place of the name of an app: AppOwn or AppGone.
func (s *Set) AccessApp(key string, lang Lang) Text { return s.access.app[key].In(lang) }

// AccessWhat returns what was done, by the kind of entry or [WhatFailed], and
// whether it has words. The slot {app} wants the app's name in the language in
// which the phrase is said.
func (s *Set) AccessWhat(kind string) (Phrase, bool) {
	p, known := s.access.what[kind]
	return p, known
}

// AccessWhy returns what an act was for, or why nothing was shown, by the code in
// the entry, and whether it has words.
func (s *Set) AccessWhy(code string, lang Lang) (Text, bool) {
	p, known := s.access.why[code]
	return p.In(lang), known
}

func (s *Set) readAccessLog(d *Document) {
	var file struct {
		Header Header           `yaml:",inline"`
		Who    map[string]Words `yaml:"who"`
		App    map[string]Words `yaml:"app"`
		What   map[string]Words `yaml:"what"`
		Why    map[string]Words `yaml:"why"`
	}
	if !d.Decode(&file, &file.Header) {
		return
	}
	s.access = accessLog{
		who:  d.table(file.Who, map[string][]string{WhoYou: nil, WhoAuditor: nil, WhoOperator: nil, WhoService: nil}, "who"),
		app:  d.table(file.App, map[string][]string{AppOwn: nil, AppGone: nil}, "app"),
		what: d.table(file.What, accessKinds(), "what"),
		why:  d.table(file.Why, accessReasons(), "why"),
	}
}

// accessKinds are the kinds of entry that a citizen reads about, with their slots.
// internal/httpapi/citizen decides which those are; a test there compares both.
func accessKinds() map[string][]string {
	app := []string{"app"}
	return map[string][]string{
		"sign_in": nil, "sign_out": nil,
		"consent_granted": app, "consent_renewed": app, "consent_withdrawn": app, "consent_suspended": app,
		"data_released": app, "data_not_modified": app, "data_refused": app, WhatFailed: app, WhatNotYet: nil,
		"auditor_read": nil, "subject_access": nil, "export": nil, "hold_placed": nil, "hold_lifted": nil, WhatWithheld: nil,
	}
}

// accessReasons are the purposes and the reasons that have words of their own.
func accessReasons() map[string][]string {
	return map[string][]string{
		"timeline": nil, "timeline-page": nil, "changes": nil, "referrals": nil, "referral": nil, "appointments": nil, "calendar": nil, "manage": nil,
		"access-log": nil, "subject-access": nil, "audit": nil, "hold": nil,
		"no_consent": nil, "scope_missing": nil, "withdrawn": nil, "suspended": nil, "expired": nil,
		"notice_outdated": nil, "signed_in_again": nil, WhyFailed: nil, WhyOther: nil,
	}
}

func (s *Set) accessPhrases(visit func(file string, at []string, p Phrase)) {
	visitTable(visit, fileAccessLog, "who", s.access.who)
	visitTable(visit, fileAccessLog, "app", s.access.app)
	visitTable(visit, fileAccessLog, "what", s.access.what)
	visitTable(visit, fileAccessLog, "why", s.access.why)
}
