package machine

import (
	"context"
	"crypto/subtle"
	"net/http"

	"github.com/patient-care-aggregator/aggregator/internal/httpapi"
	"github.com/patient-care-aggregator/aggregator/internal/problem"
)

const (
	pass = "pass"
	warn = "warn" // citizens are answered, and an operator has to act
	fail = "fail"
)

type statusView struct {
	Status  string                `json:"status"`
	Version string                `json:"version,omitempty"`
	Checks  map[string]statusView `json:"checks,omitempty"`
}

// health is GET /healthz: the process answers.
func (m *Machine) health(context.Context, *httpapi.Request) (httpapi.Answer, error) {
	return httpapi.PublicJSON(http.StatusOK, statusView{Status: pass}), nil
}

// ready is GET /readyz: the service can answer citizens. What is missing goes to
// the log, not to the caller.
func (m *Machine) ready(ctx context.Context, _ *httpapi.Request) (httpapi.Answer, error) {
	if err := m.d.Ready(ctx); err != nil {
		return nil, problem.New(problem.ServiceUnavailable, err)
	}
	return httpapi.PublicJSON(http.StatusOK, statusView{Status: pass}), nil
}

// ping is GET /_ping, as every API on the NHS platform has it.
func (m *Machine) ping(context.Context, *httpapi.Request) (httpapi.Answer, error) {
	return httpapi.PublicJSON(http.StatusOK, statusView{Status: pass, Version: m.d.Version}), nil
}

// status is GET /_status, as every API on the NHS platform has it: the health of
// what this service needs, for a caller who has the key.
func (m *Machine) status(ctx context.Context, r *httpapi.Request) (httpapi.Answer, error) {
	want := m.d.StatusAPIKey
	if want.IsZero() || subtle.ConstantTimeCompare([]byte(r.Header("apikey")), []byte(want.Reveal())) != 1 {
		return nil, problem.New(problem.StatusKeyRequired, nil)
	}
	code, whole, checkpoints := http.StatusOK, pass, pass
	if m.d.Checkpoints() != nil {
		checkpoints, whole = fail, warn
	}
	store := pass
	if err := m.d.Ready(ctx); err != nil {
		code, store, whole = http.StatusServiceUnavailable, fail, fail
	}
	return httpapi.PublicJSON(code, statusView{
		Status: whole, Version: m.d.Version,
		Checks: map[string]statusView{"store:audit": {Status: store}, "audit:checkpoints": {Status: checkpoints}},
	}), nil
}
