package httpapi

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/oidc"
	"github.com/patient-care-aggregator/aggregator/internal/problem"
)

const (
	// mostSignIns is how many sign-ins of one browser may be pending. Beyond it the
	// oldest one's cookie goes: a page of another site that opens the sign-in again
	// and again must not fill the browser.
	mostSignIns = 8

	longestParameter = 4096
)

// SignInCookies tie pending sign-ins to the browser that began them. There is one
// cookie for each state, so that the tabs of a browser can sign in side by side
// and in any order, and no callback touches the cookie of another one.
type SignInCookies struct {
	Name string // before the name of the state
	Now  func() time.Time
}

// Keep adds the cookie of a sign-in that has begun, and deletes those of this
// browser that are too old or too many.
func (k SignInCookies) Keep(r *Request, a Answer, begun oidc.Redirect) Answer {
	type pending struct {
		name string
		at   time.Time
	}
	var others []pending
	for name, value := range r.cookiesLike(k.Name + "_") {
		at, _, ok := readBinding(value)
		if age := k.Now().Sub(at); !ok || age < 0 || age >= begun.Life {
			a = a.WithCookie(Cookie{Name: name, Life: -1})
			continue
		}
		others = append(others, pending{name, at})
	}
	slices.SortFunc(others, func(a, b pending) int { return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.name, b.name)) })
	for len(others) >= mostSignIns {
		a = a.WithCookie(Cookie{Name: others[0].name, Life: -1})
		others = others[1:]
	}
	return a.WithCookie(Cookie{
		Name: k.nameOf(begun.State), Life: begun.Life,
		Value: strconv.FormatInt(k.Now().Unix(), 10) + "." + begun.Binding,
	})
}

// Forget deletes the cookie of the request's own state, and no other.
func (k SignInCookies) Forget(r *Request) {
	r.Leave(Cookie{Name: k.nameOf(r.Query("state")), Life: -1})
}

// Ending is how a sign-in ended: where the browser was sent, or the problem it was told
// and the key of its words.
type Ending struct {
	ReturnTo string
	Problem  problem.Code
	Words    string
}

// endingKept is how long a browser knows how its sign-in ended.
const endingKept = time.Hour

// Remember puts how the sign-in ended in the place of its cookie, so that reloading
// the callback, or going back to it, leads to the same place. A browser that brought
// no sign-in of its own is given nothing to keep.
func (k SignInCookies) Remember(r *Request, e Ending) {
	r.Leave(Cookie{
		Name: k.nameOf(r.Query("state")), Life: endingKept,
		Value: strconv.FormatInt(k.Now().Unix(), 10) + "." + endingMark + url.Values{"to": {e.ReturnTo}, "problem": {string(e.Problem)}, "words": {e.Words}}.Encode(),
	})
}

// Ending returns how the sign-in of the request's state ended in this browser. The
// browser can have written what it likes there, so it leads only to own paths.
func (k SignInCookies) Ending(r *Request) (e Ending, ok bool) {
	_, value, _ := readBinding(r.Cookie(k.nameOf(r.Query("state"))))
	text, ok := strings.CutPrefix(value, endingMark)
	if !ok {
		return Ending{}, false
	}
	v, err := url.ParseQuery(text)
	e = Ending{ReturnTo: v.Get("to"), Problem: problem.Code(v.Get("problem")), Words: v.Get("words")}
	return e, err == nil && IsOwnPath(e.ReturnTo) && (e.Problem == "" || slices.Contains(problem.Codes(), e.Problem))
}

// endingMark is in no binding.
const endingMark = "~"

// CallbackTakes are the query parameters of a callback. Those that are there twice are
// refused by [SignInCookies.Callback], in the words of a sign-in.
func CallbackTakes() []string {
	return []string{"state*", "code*", "iss*", "error*", "error_description*"}
}

// Callback reads what the browser brought back from a provider, with the binding
// of its state. ok is false if a parameter is there twice or is too long.
func (k SignInCookies) Callback(r *Request) (c oidc.Callback, ok bool) {
	for _, values := range r.Queries() {
		if len(values) != 1 || len(values[0]) > longestParameter {
			return oidc.Callback{}, false
		}
	}
	c = oidc.Callback{
		State: r.Query("state"), Code: r.Query("code"), Issuer: r.Query("iss"),
		Error: r.Query("error"), ErrorDescription: r.Query("error_description"),
	}
	_, c.Binding, _ = readBinding(r.Cookie(k.nameOf(c.State)))
	return c, true
}

func (k SignInCookies) nameOf(state string) string { return k.Name + "_" + oidc.NameOfState(state) }

func readBinding(value string) (at time.Time, binding string, ok bool) {
	seconds, binding, found := strings.Cut(value, ".")
	unix, err := strconv.ParseInt(seconds, 10, 64)
	if !found || err != nil || binding == "" {
		return time.Time{}, "", false
	}
	return time.Unix(unix, 0), binding, true
}
