package tests_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"
)

func TestACitizenKeepsAReceiptOfTheirConsent(t *testing.T) {
	t.Parallel()
	s := start(t)
	b := s.consented("bella")
	id := decodeAs[struct{ Consents []struct{ ID string } }](t, b.get("/v1/consents").Body).Consents[0].ID
	path := "/v1/consents/" + id + "/receipt"

	t.Run("which anybody can check with the published keys", func(t *testing.T) {
		a := b.get(path)
		answered(t, a, http.StatusOK)
		set := decodeAs[jose.JSONWebKeySet](t, s.browser().get("/.well-known/jwks.json").Body)
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
		if strings.Contains(string(payload), s.number("bella")) {
			t.Error("it holds the NHS number")
		}
	})
	t.Run("or as FHIR, which ends with the consent", func(t *testing.T) {
		type resource struct{ ResourceType, Status, ID string }
		if r := decodeAs[resource](t, b.get(path+"?format=fhir").Body); r.ResourceType != "Consent" || r.Status != "active" || r.ID != id {
			t.Errorf("got %+v", r)
		}
		answered(t, b.delete("/v1/consents/"+id), http.StatusNoContent)
		if r := decodeAs[resource](t, b.get(path+"?format=fhir").Body); r.Status != "inactive" {
			t.Errorf("after withdrawal %+v", r)
		}
		answered(t, b.get(path), http.StatusOK)
	})
	t.Run("and nobody else's", func(t *testing.T) {
		refused(t, s.signedIn("sunny").get(path), http.StatusNotFound, "not_found")
		refused(t, b.get("/v1/consents/nothing/receipt"), http.StatusNotFound, "not_found")
		refused(t, b.get(path+"?format=pdf"), http.StatusBadRequest, "bad_request")
		refused(t, s.browser().get(path), http.StatusUnauthorized, "sign_in_required")
	})
}

// The notice is in English, whatever language the app around it speaks: the record
// must name what was read.
func TestAReceiptNamesTheLanguageOfTheNotice(t *testing.T) {
	t.Parallel()
	s := start(t)
	b := s.signedIn("bella")
	notice := decodeAs[struct{ Version, Language string }](t, b.get("/v1/privacy-notice").Body)
	granted := b.post("/v1/consents", map[string]any{"clientId": "web", "scopes": []string{"timeline:read"}, "noticeVersion": notice.Version}, "Accept-Language", "cy")
	answered(t, granted, http.StatusCreated)
	a := b.get(granted.Header.Get("Location") + "/receipt")
	signed, err := jose.ParseSignedCompact(string(a.Body), []jose.SignatureAlgorithm{jose.RS512})
	if err != nil {
		t.Fatal(err)
	}
	claims := decodeAs[struct{ Language string }](t, signed.UnsafePayloadWithoutVerification())
	if notice.Language != "en" || claims.Language != notice.Language {
		t.Errorf("the receipt says %q, the notice is in %q", claims.Language, notice.Language)
	}
}
