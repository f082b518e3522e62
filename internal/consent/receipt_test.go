package consent

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/samply/golang-fhir-models/fhir-models/fhir"

	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/client"
)

type signerFunc func(context.Context, []byte) (string, error)

func (f signerFunc) SignPayload(ctx context.Context, payload []byte) (string, error) {
	return f(ctx, payload)
}

func controller() Controller {
	return Controller{Issuer: "https://care.example", Name: "Example Trust", Contact: "privacy@care.example", PolicyURL: "https://care.example/v1/privacy-notice"}
}

func person(ref citizen.Ref) citizen.Citizen {
	return citizen.New(ref, citizen.NHSNumber{}, [32]byte{1})
}

func TestReceipt(t *testing.T) {
	d := newDesk(t, v2)
	c := d.grant(t, app, TimelineRead)
	*d.now = d.now.Add(time.Hour)
	d.grant(t, app, HistoryStore)
	d.grant(t, other, TimelineRead)

	t.Run("names the last act, the text agreed to and the log's digest of it", func(t *testing.T) {
		r, err := d.Receipt(t.Context(), person(ann), c.ID, "App One", controller())
		if err != nil {
			t.Fatal(err)
		}
		signed, err := r.Sign(t.Context(), signerFunc(func(_ context.Context, p []byte) (string, error) { return string(p), nil }))
		if err != nil {
			t.Fatal(err)
		}
		var got map[string]any
		if err := json.Unmarshal([]byte(signed), &got); err != nil {
			t.Fatal(err)
		}
		for name, want := range map[string]any{
			"iss": "https://care.example", "sub": person(ann).OpaqueID("receipt-subject", ""), "jti": "consent-1.2", "version": "KI-CR-v1.1.0", "jurisdiction": "GB",
			"consentTimestamp": float64(start().Add(time.Hour).Unix()), "consentExpires": float64(start().Add(DefaultLife).Unix()),
			"noticeVersion": v2, "noticeDigest": d.d.Notices.InForce().Digest, "eventDigest": d.store.log[1].Digest, "sensitive": true,
		} {
			if got[name] != want {
				t.Errorf("%s is %v instead of %v", name, got[name], want)
			}
		}
		if len(r.Services) != 1 || len(r.Services[0].Purposes) != 2 || r.Services[0].Service != "App One" {
			t.Errorf("%+v", r.Services)
		}
	})

	t.Run("an unknown consent has no receipt, nor has one whose signing fails", func(t *testing.T) {
		if _, err := d.Receipt(t.Context(), person(bob), c.ID, "App One", controller()); !errors.Is(err, ErrNoConsent) {
			t.Error(err)
		}
		failure := errors.New("no key")
		if _, err := (Receipt{}).Sign(t.Context(), signerFunc(func(context.Context, []byte) (string, error) { return "", failure })); !errors.Is(err, failure) {
			t.Error(err)
		}
	})
}

func TestFHIR(t *testing.T) {
	d := newDesk(t, v2)
	c := d.grant(t, app, TimelineRead)
	marshal := func(c Consent) (fhir.Consent, string) {
		t.Helper()
		text, err := json.Marshal(FHIR(person(ann), c, controller()))
		if err != nil {
			t.Fatal(err)
		}
		read, err := fhir.UnmarshalConsent(text)
		if err != nil {
			t.Fatal(err)
		}
		return read, string(text)
	}

	t.Run("a current consent is active and has what the resource requires", func(t *testing.T) {
		got, text := marshal(c)
		if got.Status != fhir.ConsentStateActive || len(got.Category) == 0 || got.PolicyRule == nil || got.Patient == nil || got.Provision == nil {
			t.Error(text)
		}
		if !strings.Contains(text, `"resourceType":"Consent"`) || strings.Contains(text, `""`) {
			t.Error(text)
		}
	})

	t.Run("one that was withdrawn is inactive and ended then", func(t *testing.T) {
		*d.now = d.now.Add(time.Hour)
		withdrawn, err := d.Withdraw(t.Context(), ann, c.ID, client.Web, "")
		if err != nil {
			t.Fatal(err)
		}
		got, text := marshal(withdrawn)
		if got.Status != fhir.ConsentStateInactive || *got.Provision.Period.End != "2026-11-03T13:00:00Z" {
			t.Error(text)
		}
	})
}
