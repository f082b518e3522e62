package release_test

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/aggregate"
	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/consent"
	"github.com/patient-care-aggregator/aggregator/internal/history"
	"github.com/patient-care-aggregator/aggregator/internal/referral"
	"github.com/patient-care-aggregator/aggregator/internal/release"
)

// nothing fails a test in which content may leave.
func nothing(t *testing.T, r release.Released) {
	t.Helper()
	if c, ok := r.Content(); ok || len(c.Body) > 0 || r.Tag() != "" || r.Unchanged() {
		t.Errorf("content may leave: %s", c.Body)
	}
}

func TestWhatIsShownIsInTheLog(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r, err := w.Show(t.Context(), w.ask(), whole)
	if err != nil {
		t.Fatal(err)
	}
	c, ok := r.Content()
	if !ok || !json.Valid(c.Body) {
		t.Fatalf("may leave: %v: %s", ok, c.Body)
	}
	if got := w.kinds(); !slices.Equal(got, []audit.Kind{audit.UpstreamAsked, audit.DataReleased}) {
		t.Fatalf("the log has %v", got)
	}
	e := w.entries[1]
	if e.Citizen != ann || e.Consent != "consent-1" || e.CorrelationID != "c" || e.Purpose != "timeline" || e.Digest == "" || e.Referrals != 1 || e.Event == 0 || e.AsOf.IsZero() || e.Partial || e.Stale || e.Policy == "" || e.ValueSets == "" {
		t.Errorf("the entry is %+v", e)
	}
	if len(e.ReferralsDigest) != 43 || strings.Contains(e.ReferralsDigest, "referral-1") {
		t.Error("the log has the id of a referral as it is")
	}
}

func TestWhileTheLogCannotBeWrittenNothingLeaves(t *testing.T) {
	t.Parallel()
	for name, failure := range map[string]error{
		"it failed":                 errors.New("disk 7 is full"),
		"nobody knows":              audit.ErrOutcomeUnknown,
		"it took too long":          context.DeadlineExceeded,
		"it refuses the entry":      audit.ErrInvalidEntry,
		"the caller left meanwhile": context.Canceled,
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.logFails = failure
			r, err := w.Show(t.Context(), w.ask(), whole)
			if !errors.Is(err, release.ErrNotLogged) || !errors.Is(err, failure) {
				t.Errorf("error %v", err)
			}
			nothing(t, r)
			if len(w.asked) != 1 {
				t.Errorf("the sources were asked %d times", len(w.asked))
			}
			if written, err := w.SubjectAccess(t.Context(), w.caller(), "c", "access-log"); !errors.Is(err, release.ErrNotLogged) || written.Count != 0 {
				t.Errorf("the access log: %v", err)
			}
		})
	}
}

func TestWithoutConsentNothingIsAskedAndNothingLeaves(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.withdraw()
	r, err := w.Show(t.Context(), w.ask(), whole)
	var need *release.ConsentRequired
	if !errors.As(err, &need) || !slices.Equal(need.Missing, []consent.Scope{consent.TimelineRead}) || need.Notice == "" {
		t.Errorf("error %v", err)
	}
	nothing(t, r)
	if len(w.asked) != 0 || !slices.Equal(w.kinds(), []audit.Kind{audit.DataRefused}) || w.entries[0].Reason != string(consent.ReasonWithdrawn) {
		t.Errorf("asked %v, log %+v", w.asked, w.entries)
	}
}

func TestAWithdrawalWhileTheSourcesAreAskedHolds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.during = w.withdraw
	r, err := w.Show(t.Context(), w.ask(), func(release.Reading) (release.Content, error) {
		t.Error("data was put into words")
		return release.Content{}, nil
	})
	var need *release.ConsentRequired
	if !errors.As(err, &need) {
		t.Errorf("error %v", err)
	}
	nothing(t, r)
	if got := w.kinds(); !slices.Equal(got, []audit.Kind{audit.UpstreamAsked, audit.DataRefused}) {
		t.Errorf("the log has %v", got)
	}
}

func TestAWithdrawalBetweenTheWordsAndTheEntryHolds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.before = once(w.withdraw)
	r, err := w.Show(t.Context(), w.ask(), whole)
	var need *release.ConsentRequired
	if !errors.As(err, &need) {
		t.Errorf("error %v", err)
	}
	nothing(t, r)
	if w.forgot != 1 {
		t.Error("the second decision may rely on what was remembered")
	}
	if got := w.kinds(); !slices.Equal(got, []audit.Kind{audit.UpstreamAsked, audit.DataRefused}) {
		t.Errorf("the log has %v", got)
	}
}

func TestAConsentThatIsRenewedMeanwhileIsReliedOnAnew(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.before = once(func() { w.newest++ })
	rendered := 0
	r, err := w.Show(t.Context(), w.ask(), func(read release.Reading) (release.Content, error) {
		rendered++
		return whole(read)
	})
	if _, ok := r.Content(); err != nil || !ok || rendered != 2 {
		t.Errorf("rendered %d times, %v", rendered, err)
	}
	if got := w.kinds(); !slices.Equal(got, []audit.Kind{audit.UpstreamAsked, audit.UpstreamAsked, audit.DataReleased}) {
		t.Errorf("the log has %v", got)
	}
}

func TestADecisionThatNeverLastsIsRefusedAndIsNoFailureOfTheLog(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		each func(*world)
		want func(error) bool
	}{
		"consent changes each time": {func(w *world) { w.newest++ }, func(err error) bool {
			var need *release.ConsentRequired
			return errors.As(err, &need)
		}},
		"the session has ended":        {func(w *world) { w.session = "" }, func(err error) bool { return errors.Is(err, release.ErrSessionEnded) }},
		"the session is somebody's":    {func(w *world) { w.session = "bob" }, func(err error) bool { return errors.Is(err, release.ErrSessionEnded) }},
		"the session's time is over":   {func(w *world) { w.now = w.now.Add(13 * time.Hour) }, func(err error) bool { return errors.Is(err, release.ErrSessionEnded) }},
		"the ID token's time is over":  {func(w *world) { w.now = w.now.Add(2 * time.Hour) }, func(err error) bool { return errors.Is(err, aggregate.ErrReauthenticate) }},
		"the ID token ends on the dot": {func(w *world) { w.now = w.now.Add(time.Hour) }, func(err error) bool { return errors.Is(err, aggregate.ErrReauthenticate) }},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			q := w.ask()
			w.before = func() {
				if len(w.asked) <= 2 {
					c.each(w)
				}
			}
			r, err := w.Show(t.Context(), q, whole)
			if !c.want(err) || errors.Is(err, release.ErrNotLogged) {
				t.Errorf("error %v", err)
			}
			nothing(t, r)
			if got := w.kinds(); slices.Contains(got, audit.DataReleased) || !slices.Contains(got, audit.DataRefused) {
				t.Errorf("the log has %v", got)
			}
		})
	}
}

func TestAnAnswerThatIsKnownIsLoggedToo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first, err := w.Show(t.Context(), w.ask(), whole)
	if err != nil || first.Tag() == "" {
		t.Fatal(first, err)
	}
	w.now = w.now.Add(time.Second)
	later := w.now
	w.reading.Sources = slices.Clone(w.reading.Sources)
	w.reading.Sources[0].FetchedAt = &later
	known := w.ask(func(q *release.Request) { q.Known = func(tag string) bool { return tag == first.Tag() } })
	second, err := w.Show(t.Context(), known, whole)
	if err != nil || !second.Unchanged() {
		t.Errorf("time alone changed the tag: %v", err)
	}
	if last := w.entries[len(w.entries)-1]; last.Kind != audit.DataNotModified || last.Digest != w.entries[1].Digest {
		t.Errorf("the log has %+v", last)
	}
	w.reading.Complete = false
	if third, err := w.Show(t.Context(), w.ask(func(q *release.Request) { q.Known = func(string) bool { return true } }), whole); err != nil || third.Unchanged() {
		t.Errorf("what is not complete is told to be unchanged: %v", err)
	}
}

// The tag and the digest are over the answer as it would be without its dates.
func TestTheSumIsOverTheAnswerWithoutItsDates(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var content release.Content
	if _, err := w.Show(t.Context(), w.ask(), func(r release.Reading) (release.Content, error) {
		var err error
		content, err = whole(r)
		return content, err
	}); err != nil {
		t.Fatal(err)
	}
	text := strings.Replace(string(content.Body), `"asOf":"2026-03-02T10:00:00Z"`, `"asOf":null`, 1)
	text = strings.Replace(text, `"fetchedAt":"2026-03-02T09:59:00Z"`, `"fetchedAt":null`, 1)
	text = strings.Replace(text, `"lastTry":{"at":"2026-03-02T09:59:00Z","ok":true}`, `"lastTry":null`, 1)
	if sha256.Sum256([]byte(text)) != content.Sum {
		t.Errorf("the sum is not that of %s", text)
	}
}

func TestWhatCannotBeMadeIsLoggedAsRefusedOrFailed(t *testing.T) {
	t.Parallel()
	odd := errors.New("no such form")
	for _, c := range []struct {
		err     error
		outcome audit.Outcome
	}{{release.ErrNotFound, audit.Refused}, {release.ErrMayBeMissing, audit.Refused}, {odd, audit.Failed}} {
		w := newWorld(t)
		r, err := w.Show(t.Context(), w.ask(), func(release.Reading) (release.Content, error) { return release.Content{Body: []byte("x")}, c.err })
		if !errors.Is(err, c.err) {
			t.Errorf("error %v", err)
		}
		nothing(t, r)
		if e := w.entries[len(w.entries)-1]; e.Kind != audit.DataRefused || e.Outcome != c.outcome || e.Reason != c.err.Error() {
			t.Errorf("the entry is %+v", e)
		}
	}
}

func TestWhenNoSourceAnswersThatIsLogged(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.failure = errors.New("e-RS is away")
	w.reading.Sources[0].Status = referral.SourceFailed
	r, err := w.Show(t.Context(), w.ask(), whole)
	if !errors.Is(err, w.failure) {
		t.Errorf("error %v", err)
	}
	nothing(t, r)
	if got := w.kinds(); !slices.Equal(got, []audit.Kind{audit.UpstreamAsked, audit.DataRefused}) || w.entries[0].Outcome != audit.Failed {
		t.Errorf("the log has %+v", w.entries)
	}
}

func TestAfterAHandOffTheSourcesAreAskedAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	show := func(change ...func(*release.Request)) aggregate.Mode {
		t.Helper()
		if _, err := w.Show(t.Context(), w.ask(change...), whole); err != nil {
			t.Fatal(err)
		}
		return w.asked[len(w.asked)-1]
	}
	if show() != aggregate.Cached || show(func(q *release.Request) { q.Refresh = true }) != aggregate.Refresh {
		t.Fatalf("asked %v", w.asked)
	}
	if show(func(q *release.Request) { q.HandOff = true }) != aggregate.Cached || show() != aggregate.Refresh {
		t.Errorf("after the hand-off: %v", w.asked)
	}
	w.now = w.now.Add(31 * time.Minute)
	if show() != aggregate.Cached {
		t.Errorf("half an hour later: %v", w.asked)
	}
}

func TestARefreshShowsNothingAndLogsThatSourcesWereAsked(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if err := w.Refresh(t.Context(), w.ask()); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(w.asked, []aggregate.Mode{aggregate.Refresh}) || !slices.Equal(w.kinds(), []audit.Kind{audit.UpstreamAsked}) {
		t.Errorf("asked %v, log %v", w.asked, w.kinds())
	}
}

func TestChangesAskNoSourceAndNeedBothScopes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	q := w.ask(func(q *release.Request) { q.Changes = &history.Query{Limit: 1} })
	text := func(release.Reading) (release.Content, error) { return release.Content{Body: []byte("{}")}, nil }
	r, err := w.Show(t.Context(), q, text)
	if _, ok := r.Content(); err != nil || !ok || len(w.asked) != 0 || r.Tag() != "" {
		t.Errorf("asked %v, %v", w.asked, err)
	}
	w.failure = history.ErrNotAllowed
	w.during = w.withdraw
	r, err = w.Show(t.Context(), q, text)
	var need *release.ConsentRequired
	if !errors.As(err, &need) || !slices.Equal(need.Missing, []consent.Scope{consent.TimelineRead, consent.HistoryStore}) {
		t.Errorf("error %v", err)
	}
	nothing(t, r)
}

func TestOnlyWhatTellsOfEarlierReadsIsRemembered(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if _, err := w.Show(t.Context(), w.ask(func(q *release.Request) { q.NoHistory = true }), whole); err != nil || w.observed != 0 {
		t.Errorf("remembered %d readings, %v", w.observed, err)
	}
	if _, err := w.Show(t.Context(), w.ask(), whole); err != nil || w.observed != 1 {
		t.Errorf("remembered %d readings, %v", w.observed, err)
	}
}

// What was asked of the NHS is in the log although nobody waits for the answer.
func TestThatASourceWasAskedIsLoggedWhenTheClientLeaves(t *testing.T) {
	t.Parallel()
	for name, leave := range map[string]func(*world, context.CancelFunc){
		"while the sources are asked": func(w *world, cancel context.CancelFunc) {
			w.during = func() { w.failure = context.Canceled; cancel() }
		},
		"before the entry is written": func(w *world, cancel context.CancelFunc) { w.before = once(cancel) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			leave(w, cancel)
			r, err := w.Show(ctx, w.ask(), whole)
			if !errors.Is(err, context.Canceled) {
				t.Errorf("error %v", err)
			}
			nothing(t, r)
			if got := w.kinds(); !slices.Contains(got, audit.UpstreamAsked) || slices.Contains(got, audit.DataReleased) {
				t.Errorf("the log has %v", got)
			}
		})
	}
}

func TestASecondAttemptAsksForNoSecondRefresh(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.before = once(func() { w.newest++ })
	if _, err := w.Show(t.Context(), w.ask(func(q *release.Request) { q.Refresh = true }), whole); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(w.asked, []aggregate.Mode{aggregate.Refresh, aggregate.Cached}) {
		t.Errorf("the sources were asked in the modes %v", w.asked)
	}
}
