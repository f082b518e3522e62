package tests_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"

	ownjose "github.com/patient-care-aggregator/aggregator/internal/jose"
	"github.com/patient-care-aggregator/aggregator/tests/harness"
)

// receiptKey is the id of the key that a receipt of bella's is signed with.
func receiptKey(s *harness.Service) string {
	s.T.Helper()
	b := s.Consented("bella")
	id := harness.Read[struct{ Consents []struct{ ID string } }](s.T, b.Get("/v1/consents").Body).Consents[0].ID
	a := b.Get("/v1/consents/" + id + "/receipt")
	harness.Answered(s.T, a, http.StatusOK)
	signed, err := jose.ParseSignedCompact(string(a.Body), []jose.SignatureAlgorithm{jose.RS512})
	if err != nil {
		s.T.Fatal(err)
	}
	set := harness.Read[jose.JSONWebKeySet](s.T, s.Browser().Get("/.well-known/jwks.json").Body)
	if _, err := signed.Verify(set); err != nil {
		s.T.Error("the published keys do not verify it", err)
	}
	return signed.Signatures[0].Protected.KeyID
}

func TestReceiptsHaveAKeyThatProvesNothingToTheNHS(t *testing.T) {
	t.Parallel()
	key, err := ownjose.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	s := harness.Start(t, harness.Env("PCA_RECEIPT_PRIVATE_KEY", string(key), "PCA_RECEIPT_KEY_ID", "receipts-1"))
	if got := receiptKey(s); got != "receipts-1" {
		t.Errorf("a receipt is signed with %s", got)
	}
}

func TestACitizenKeepsAReceiptOfTheirConsent(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	b := s.Consented("bella")
	id := harness.Read[struct{ Consents []struct{ ID string } }](t, b.Get("/v1/consents").Body).Consents[0].ID
	path := "/v1/consents/" + id + "/receipt"

	t.Run("which anybody can check with the published keys", func(t *testing.T) {
		a := b.Get(path)
		harness.Answered(t, a, http.StatusOK)
		set := harness.Read[jose.JSONWebKeySet](t, s.Browser().Get("/.well-known/jwks.json").Body)
		signed, err := jose.ParseSignedCompact(string(a.Body), []jose.SignatureAlgorithm{jose.RS512})
		if err != nil {
			t.Fatal(err)
		}
		payload, err := signed.Verify(set)
		if err != nil {
			t.Fatal(err)
		}
		if typ := signed.Signatures[0].Protected.ExtraHeaders["typ"]; typ != "consent-receipt+jwt" {
			t.Errorf("typ is %v", typ)
		}
		var claims map[string]any
		if err := json.Unmarshal(payload, &claims); err != nil {
			t.Fatal(err)
		}
		if claims["iss"] != s.URL || !strings.HasPrefix(fmt.Sprint(claims["jti"]), id) || claims["noticeVersion"] == "" {
			t.Errorf("claims %v", claims)
		}
		if claims["aud"] != nil || claims["exp"] != nil {
			t.Error("it could be taken for a token that opens something")
		}
		if strings.Contains(string(payload), s.Number("bella")) {
			t.Error("it holds the NHS number")
		}
		lists := 0
		for _, e := range entriesOf(s) {
			if !e.List.IsCitizens() {
				continue
			}
			lists++
			if strings.Contains(string(payload), e.List.String()) || strings.Contains(string(b.Get(path+"?format=fhir").Body), e.List.String()) {
				t.Fatal("it holds the id of the log's list, which would join the two for ever")
			}
		}
		if lists == 0 {
			t.Error("the log names nobody, so nothing would be found")
		}
	})
	t.Run("or as FHIR, which ends with the consent", func(t *testing.T) {
		type resource struct{ ResourceType, Status, ID string }
		if r := harness.Read[resource](t, b.Get(path+"?format=fhir").Body); r.ResourceType != "Consent" || r.Status != "active" || r.ID != id {
			t.Errorf("got %+v", r)
		}
		harness.Answered(t, b.Delete("/v1/consents/"+id), http.StatusNoContent)
		if r := harness.Read[resource](t, b.Get(path+"?format=fhir").Body); r.Status != "inactive" {
			t.Errorf("after withdrawal %+v", r)
		}
		harness.Answered(t, b.Get(path), http.StatusOK)
	})
	t.Run("and nobody else's", func(t *testing.T) {
		harness.Refused(t, s.SignedIn("sunny").Get(path), http.StatusNotFound, "not_found")
		harness.Refused(t, b.Get("/v1/consents/nothing/receipt"), http.StatusNotFound, "not_found")
		harness.Refused(t, b.Get(path+"?format=pdf"), http.StatusBadRequest, "bad_request")
		harness.Refused(t, s.Browser().Get(path), http.StatusUnauthorized, "sign_in_required")
	})
}

// The notice is in English, whatever language the app around it speaks: the record
// must name what was read.
func TestAReceiptNamesTheLanguageOfTheNotice(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	b := s.SignedIn("bella")
	notice := harness.Read[struct{ Version, Language string }](t, b.Get("/v1/privacy-notice").Body)
	granted := b.Post("/v1/consents", map[string]any{"clientId": "web", "scopes": []string{"timeline:read"}, "noticeVersion": notice.Version}, "Accept-Language", "cy")
	harness.Answered(t, granted, http.StatusCreated)
	a := b.Get(granted.Header.Get("Location") + "/receipt")
	signed, err := jose.ParseSignedCompact(string(a.Body), []jose.SignatureAlgorithm{jose.RS512})
	if err != nil {
		t.Fatal(err)
	}
	claims := harness.Read[struct{ Language string }](t, signed.UnsafePayloadWithoutVerification())
	if notice.Language != "en" || claims.Language != notice.Language {
		t.Errorf("the receipt says %q, the notice is in %q", claims.Language, notice.Language)
	}
}
