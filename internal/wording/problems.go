package wording

import (
	"maps"
	"slices"
)

// The details that take the place of a problem's own, by their keys in problems.yaml.
const (
	DetailMaintenance           = "maintenance"
	DetailNoCalendarTime        = "no_calendar_time"
	DetailLogUnreadable         = "log_unreadable"
	DetailWeakSignIn            = "weak_sign_in"
	DetailNotSurelyYours        = "not_surely_yours"
	DetailStaffSignInUnfinished = "staff_sign_in_unfinished"
	DetailStaffWeakSignIn       = "staff_weak_sign_in"
	DetailNoCheckpoint          = "no_checkpoint"
	DetailExportsBusy           = "exports_busy"
)

// codeInternal is the problem whose words are used for an unknown code.
const codeInternal = "internal_error"

// ProblemCodes are the codes that problems.yaml must have. They are those of
// internal/problem, which this package must not know; a test there compares both.
func ProblemCodes() []string {
	return []string{
		"bad_request", "sign_in_expired", "sign_in_failed", "another_person", "sign_in_required", "session_expired",
		"reauthentication_required", "consent_required", "identity_level_too_low", "under_16", "age_unknown",
		"no_nhs_number", "sharing_declined", "insufficient_scope", "csrf", "not_found", "method_not_allowed",
		"conflict", "notice_outdated", "payload_too_large", "rate_limited", codeInternal, "upstream_unavailable",
		"service_unavailable", "sign_in_unavailable", "audit_unavailable", "upstream_timeout", "unknown_while_incomplete",
		"staff_sign_in_required", "staff_sign_in_failed", "staff_sign_in_unavailable", "role_required", "status_key_required",
	}
}

func problemDetails() map[string][]string {
	return map[string][]string{
		DetailMaintenance: nil, DetailNoCalendarTime: nil, DetailLogUnreadable: nil,
		DetailWeakSignIn: nil, DetailNotSurelyYours: nil, DetailStaffSignInUnfinished: nil, DetailStaffWeakSignIn: nil, DetailNoCheckpoint: nil, DetailExportsBusy: nil,
	}
}

// problemNextSteps are the details that have a next step of their own.
func problemNextSteps() map[string][]string {
	return map[string][]string{DetailWeakSignIn: nil, DetailNotSurelyYours: nil}
}

// Reader is who reads a problem.
type Reader int

// The readers.
const (
	ByApp    Reader = iota // the maker of an app, and the citizen whom the app shows it
	ByPerson               // a person in a browser
)

// Problem is the words of one problem, all in the same language.
type Problem struct {
	Title, Detail, NextStep Text
}

// Lang is the language of the words.
func (p Problem) Lang() Lang { return p.Title.Lang }

// Problem returns the words of a problem by its code. detail is one of the Detail
// keys, or empty for the code's own. An unknown code has the words of
// internal_error. Where one of the texts is missing in the wanted language, all are
// in English.
func (s *Set) Problem(code, detail string, by Reader, lang Lang) Problem {
	w, known := s.problems[code]
	if !known {
		w = s.problems[codeInternal]
	}
	parts := w.problemParts
	if by == ByPerson && w.page.detail != nil {
		parts.detail = w.page.detail
	}
	if by == ByPerson && w.page.nextStep != nil {
		parts.nextStep = w.page.nextStep
	}
	if own, known := s.details[detail]; known {
		parts.detail = own
	}
	if own, known := s.nextSteps[detail]; known {
		parts.nextStep = own
	}
	for _, p := range []Phrase{parts.title, parts.detail, parts.nextStep} {
		if p.Spoken(lang) != lang {
			lang = English
		}
	}
	return Problem{Title: parts.title.In(lang), Detail: parts.detail.In(lang), NextStep: parts.nextStep.In(lang)}
}

type problemParts struct{ title, detail, nextStep Phrase }

// problemWords are the words of one code. Those in page are for a person in a
// browser; nil: the same.
type problemWords struct {
	problemParts
	page problemParts
}

type problemRaw struct {
	Title    Words `yaml:"title"`
	Detail   Words `yaml:"detail"`
	NextStep Words `yaml:"next_step"`
	Page     struct {
		Detail   Words `yaml:"detail"`
		NextStep Words `yaml:"next_step"`
	} `yaml:"page"`
}

func (s *Set) readProblems(d *Document) {
	var file struct {
		Header    Header                `yaml:",inline"`
		Problems  map[string]problemRaw `yaml:"problems"`
		Details   map[string]Words      `yaml:"details"`
		NextSteps map[string]Words      `yaml:"next_steps"`
	}
	// What speaks to makers of apps and to staff is in English only. A problem is told
	// in one language, so that nothing is mixed.
	d.partly = true
	if !d.Decode(&file, &file.Header) {
		return
	}
	s.problems = make(map[string]problemWords, len(file.Problems))
	for _, code := range slices.Sorted(slices.Values(ProblemCodes())) {
		raw, ok := file.Problems[code]
		if !ok {
			d.Fault(missingEntry, "problems", code)
			continue
		}
		s.problems[code] = d.problem(raw, code)
	}
	for _, code := range slices.Sorted(maps.Keys(file.Problems)) {
		if _, ok := s.problems[code]; !ok {
			d.Fault("no problem has this code", "problems", code)
		}
	}
	s.details = d.table(file.Details, problemDetails(), "details")
	s.nextSteps = d.table(file.NextSteps, problemNextSteps(), "next_steps")
}

func (d *Document) problem(raw problemRaw, code string) problemWords {
	w := problemWords{problemParts: problemParts{
		title:    d.Phrase(raw.Title, nil, "problems", code, "title"),
		detail:   d.Phrase(raw.Detail, nil, "problems", code, "detail"),
		nextStep: d.Phrase(raw.NextStep, nil, "problems", code, "next_step"),
	}}
	if raw.Page.Detail != nil {
		w.page.detail = d.Phrase(raw.Page.Detail, nil, "problems", code, "page", "detail")
	}
	if raw.Page.NextStep != nil {
		w.page.nextStep = d.Phrase(raw.Page.NextStep, nil, "problems", code, "page", "next_step")
	}
	return w
}

func (s *Set) problemPhrases(visit func(file string, at []string, p Phrase)) {
	for _, code := range slices.Sorted(maps.Keys(s.problems)) {
		w := s.problems[code]
		visit(fileProblems, []string{"problems", code, "title"}, w.title)
		visit(fileProblems, []string{"problems", code, "detail"}, w.detail)
		visit(fileProblems, []string{"problems", code, "next_step"}, w.nextStep)
		visit(fileProblems, []string{"problems", code, "page", "detail"}, w.page.detail)
		visit(fileProblems, []string{"problems", code, "page", "next_step"}, w.page.nextStep)
	}
	visitTable(visit, fileProblems, "details", s.details)
	visitTable(visit, fileProblems, "next_steps", s.nextSteps)
}
