package ers

import (
	"encoding/base64"
	"encoding/json"
	"net/http"

	"github.com/patient-care-aggregator/aggregator/internal/sandbox/faults"
	"github.com/patient-care-aggregator/aggregator/internal/sandbox/platform"
	"github.com/patient-care-aggregator/aggregator/internal/sandbox/recording"
)

// targetValue is the endpoint that the target identifier must name.
const targetValue = "2b3b21fd-fe9f-403c-9682-10b8d8a4eaf3"

// supportedVectors are those that e-RS Patient Care accepts.
func supportedVectors() []string { return []string{"P9.Cp.Cd", "P9.Cp.Ck", "P9.Cm"} }

type handler func(http.ResponseWriter, *http.Request, platform.Token)

// behindGateway passes a request on to e-RS when it passes the gateway's checks,
// in the gateway's order.
func (e *ERS) behindGateway(p pool, h handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		e.identify(w, r)
		t, bad := e.checkToken(r)
		if bad != nil {
			e.gatewayRefuses(w, r, *bad)
			return
		}
		note := recording.From(r.Context())
		note.App(t.APIKey)
		note.Citizen(t.Citizen)
		for _, bad := range []*outcome{e.checkRate(r, t, p), checkVector(t), checkTarget(r)} {
			if bad != nil {
				e.gatewayRefuses(w, r, *bad)
				return
			}
		}
		h(w, r, t)
	}
}

// identify mirrors the caller's correlation id and makes the request's own.
func (e *ERS) identify(w http.ResponseWriter, r *http.Request) {
	if id := r.Header.Get("X-Correlation-ID"); id != "" {
		w.Header().Set("X-Correlation-ID", id)
	}
	w.Header().Set("X-Request-ID", e.IDs.UUID())
}

func (e *ERS) checkToken(r *http.Request) (platform.Token, *outcome) {
	denied := func(diagnostics string) (platform.Token, *outcome) {
		return platform.Token{}, &outcome{
			status: http.StatusUnauthorized, issue: "forbidden", system: systemAPI, code: "ACCESS_DENIED", diagnostics: diagnostics,
		}
	}
	raw := bearer(r)
	if faults.Has(r.Context(), faults.TokenRevoked) {
		e.Tokens.Revoke(raw)
	}
	t, ok := e.Tokens.Lookup(raw)
	switch {
	case !ok:
		return denied("Invalid access token")
	case t.Revoked:
		return denied("Access Token revoked")
	case !t.Expires.After(faults.Now(r.Context(), e.Now)):
		return denied("Access Token expired")
	case t.Proofing != "P9":
		return denied("Invalid access token scope")
	}
	return t, nil
}

func (e *ERS) checkRate(r *http.Request, t platform.Token, p pool) *outcome {
	if e.limiter.allow(t.APIKey, p, faults.Now(r.Context(), e.Now)) {
		return nil
	}
	return &outcome{status: http.StatusTooManyRequests, issue: "throttled", system: systemAPI, code: "TOO_MANY_REQUESTS"}
}

func checkVector(t platform.Token) *outcome {
	for _, v := range supportedVectors() {
		if t.VoT == v {
			return nil
		}
	}
	return &outcome{
		status: http.StatusUnauthorized, issue: "login", system: systemAPI, code: "ACCESS_DENIED",
		diagnostics: "Unsupported Vector of Trust value utilised for authentication.", expression: `http."Authorization"`,
	}
}

func checkTarget(r *http.Request) *outcome {
	var target struct{ System, Value string }
	text, err := base64.StdEncoding.DecodeString(r.Header.Get("NHSD-Target-Identifier"))
	if err == nil && json.Unmarshal(text, &target) == nil && target.System == "urn:ietf:rfc:3986" && target.Value == targetValue {
		return nil
	}
	return &outcome{
		status: http.StatusNotFound, issue: "not-found", system: systemAPI, code: "VALIDATION_ERROR",
		diagnostics: "Unknown value", expression: `http."NHSD-Target-Identifier"`,
	}
}
