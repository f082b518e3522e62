package sandbox_test

import (
	"context"
	"net/http"
	"testing"

	"go.uber.org/goleak"

	"github.com/patient-care-aggregator/aggregator/internal/sandbox"
)

func TestNothingRunsOnAfterClose(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	t.Run("by Close, twice", func(t *testing.T) {
		a := newService(t)
		a.accessToken("bella")
		a.client.CloseIdleConnections()
		a.s.Close()
		a.s.Close()
		if _, err := a.try(http.MethodGet, a.s.URL()+"/sandbox", nil); err == nil {
			t.Error("it still answers")
		}
	})
	t.Run("by the end of its context", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		s, err := sandbox.Start(ctx, sandbox.Options{Now: morning})
		if err != nil {
			t.Fatal(err)
		}
		cancel()
		s.Close()
	})
}

func TestOptionsAreChecked(t *testing.T) {
	if _, err := sandbox.Start(t.Context(), sandbox.Options{}); err == nil {
		t.Error("it runs without a clock")
	}
	if _, err := sandbox.Start(t.Context(), sandbox.Options{Now: morning, Addr: "nowhere"}); err == nil {
		t.Error("an address without a port is accepted")
	}
}

func TestS256IsListedOnlyWhenAsked(t *testing.T) {
	for _, listed := range []bool{false, true} {
		a := newService(t, func(o *sandbox.Options) { o.AdvertisePKCE = listed })
		d := a.get(a.at.NHSLoginIssuer + "/.well-known/openid-configuration").json(t)
		if got := d["code_challenge_methods_supported"] != nil; got != listed {
			t.Errorf("listed is %v", got)
		}
		if d["issuer"] != a.at.NHSLoginIssuer {
			t.Errorf("issuer %v", d["issuer"])
		}
	}
}
