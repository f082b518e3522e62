package problem_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/patient-care-aggregator/aggregator/internal/problem"
	"github.com/patient-care-aggregator/aggregator/internal/wording"
)

// The statuses of the API's contract.
func contract() map[problem.Code]int {
	return map[problem.Code]int{
		problem.BadRequest: 400, problem.SignInExpired: 400, problem.SignInFailed: 400,
		problem.SignInRequired: 401, problem.SessionExpired: 401, problem.ReauthenticationRequired: 401,
		problem.ConsentRequired: 403, problem.IdentityLevelTooLow: 403, problem.Under16: 403, problem.AgeUnknown: 403, problem.NoNHSNumber: 403,
		problem.SharingDeclined: 403, problem.InsufficientScope: 403, problem.CSRF: 403,
		problem.NotFound: 404, problem.MethodNotAllowed: 405, problem.Conflict: 409, problem.NoticeOutdated: 409, problem.PayloadTooLarge: 413, problem.RateLimited: 429,
		problem.Internal: 500, problem.UpstreamUnavailable: 502, problem.ServiceUnavailable: 503, problem.SignInUnavailable: 503, problem.AuditUnavailable: 503,
		problem.UpstreamTimeout: 504,
	}
}

func TestEveryCodeHasItsStatusAndWords(t *testing.T) {
	if got, want := slices.Sorted(slices.Values(wording.ProblemCodes())), sortedCodes(); !slices.Equal(got, want) {
		t.Errorf("internal/wording has words for %v, want %v", got, want)
	}
	seen := map[problem.Code]bool{}
	for _, code := range problem.Codes() {
		if seen[code] {
			t.Errorf("%s is listed twice", code)
		}
		seen[code] = true
		p := problem.New(code, nil)
		if p.Code() != code {
			t.Errorf("%s has no status", code)
		}
		if want, fixed := contract()[code]; fixed && p.Status() != want {
			t.Errorf("%s is %d, want %d", code, p.Status(), want)
		}
		if http.StatusText(p.Status()) == "" || p.Status() < 400 {
			t.Errorf("%s has the status %d", code, p.Status())
		}
	}
	for code := range contract() {
		if !seen[code] {
			t.Errorf("%s is not listed", code)
		}
	}
}

func sortedCodes() []string {
	var codes []string
	for _, code := range problem.Codes() {
		codes = append(codes, string(code))
	}
	return slices.Sorted(slices.Values(codes))
}

func TestCausesStayPrivate(t *testing.T) {
	const secret = "nhs number 9990000018"
	cause := errors.New(secret)
	for _, p := range []*problem.Error{
		problem.From(fmt.Errorf("read: %w", cause)), problem.New(problem.UpstreamTimeout, cause), problem.New("no_such_code", cause),
		problem.From(fmt.Errorf("x: %w", problem.New(problem.NotFound, cause))), problem.New(problem.Conflict, cause).With("a", 1).WithDetail("Somebody else was first."),
	} {
		shown, err := json.Marshal(p) //nolint:staticcheck // SA9005: that nothing is shown is what is tested
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(shown), "9990000018") {
			t.Errorf("shows its cause: %s", shown)
		}
		if !errors.Is(p, cause) || !strings.Contains(p.Error(), secret) {
			t.Errorf("hides its cause from the log: %v", p)
		}
	}
	if p := problem.From(errors.New("x")); p.Code() != problem.Internal || p.Status() != 500 {
		t.Errorf("what nobody foresaw is %s", p.Code())
	}
	if p := problem.New("no_such_code", nil); p.Code() != problem.Internal {
		t.Errorf("an unknown code is %s", p.Code())
	}
}

func TestCopiesShareNothing(t *testing.T) {
	p := problem.New(problem.ConsentRequired, nil)
	one := p.With("a", 1)
	two := one.With("a", 2).With("b", 3)
	detailed := p.WithDetail("Other words.").WithWords(wording.DetailMaintenance)
	if len(p.Members()) != 0 || one.Members()["a"] != 1 || len(one.Members()) != 1 || two.Members()["a"] != 2 || two.Members()["b"] != 3 || p.Detail() != "" || p.Words() != "" || detailed.Detail() == "" || detailed.Words() == "" {
		t.Errorf("%v %v %v", p.Members(), one.Members(), two.Members())
	}
}
