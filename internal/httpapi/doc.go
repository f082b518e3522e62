// Package httpapi is the HTTP side of the service: the server, what runs around
// every request, what a handler receives and may return, and the problems that
// callers see. It is the only package that knows Gin.
//
// The handlers are in packages below it, one for each door: citizen (JSON under
// /v1), pages (HTML), signin (/auth), auditor (/audit), machine (probes, keys).
// internal/app makes each of them and passes their routes to [New]; this package
// imports none of them.
//
// A request passes: correlation id, access log, recovery from panics, what the
// route's [Audience] asks for (limits, origin, who calls), the route's [Handler],
// and one write. A handler gets a [Request], which cannot write, and returns
// an [Answer] or an error. An answer can only be made from the proof that its
// content may leave; an error is judged once, here.
//
// A door package looks like this, with one file for each route:
//
//	// Deps are what these routes need.
//	type Deps struct {
//		Sessions Sessions         // an interface declared here, one to three methods
//		Now      func() time.Time
//	}
//
//	// Door has the handlers.
//	type Door struct{ d Deps }
//
//	func New(d Deps) (*Door, error) { … } // says which dependency is missing
//
//	func (d *Door) Routes() []httpapi.Route {
//		return []httpapi.Route{
//			{Method: http.MethodGet, Path: "/auth/session", Audience: httpapi.Anybody, Handler: d.session},
//			{Method: http.MethodPost, Path: "/auth/logout", Audience: httpapi.Anybody, Page: true, Handler: d.signOut},
//		}
//	}
//
//	// session is GET /auth/session.
//	func (d *Door) session(ctx context.Context, r *httpapi.Request) (httpapi.Answer, error) {
//		found, err := d.d.Sessions.Peek(ctx, r.Cookie(httpapi.SessionCookie))
//		if err != nil {
//			return nil, httpapi.SessionProblem(err)
//		}
//		return httpapi.OwnJSON(http.StatusOK, sessionView{…}), nil
//	}
//
// What the log must have first is appended by the handler, and a failure to do so
// is returned as [NotLogged]: the alarm counter and the choice between a log that
// failed and a caller who left are made in one place.
//
// It must not decide: consent decides who may see, timeline what is said, release
// and audit whether an answer may leave. Reading order: route.go, request.go,
// answer.go, write.go, handler.go, server.go.
package httpapi
