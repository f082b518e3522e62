package sandbox_test

import (
	"context"
	"net/http"
	"net/url"
	"testing"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"
	"golang.org/x/oauth2"

	"github.com/patient-care-aggregator/aggregator/internal/sandbox"
)

func TestGoOIDCSignsInToNHSLogin(t *testing.T) {
	a := newService(t)
	ctx := oidc.ClientContext(t.Context(), a.client)
	provider, err := oidc.NewProvider(ctx, a.at.NHSLoginIssuer)
	if err != nil {
		t.Fatal(err)
	}
	endpoint := provider.Endpoint()
	endpoint.AuthStyle = oauth2.AuthStyleInParams
	config := oauth2.Config{ClientID: clientID, Endpoint: endpoint, RedirectURL: callback, Scopes: []string{"openid", "profile"}}
	target := config.AuthCodeURL("state-1", oidc.Nonce("nonce-1"), oauth2.SetAuthURLParam("sandbox_citizen", "bella"))
	tokens, err := config.Exchange(ctx, a.get(target).back(t).Get("code"),
		oauth2.SetAuthURLParam("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
		oauth2.SetAuthURLParam("client_assertion", sign(t, jose.RS512, header(), a.claims(clientID, endpoint.TokenURL))),
	)
	if err != nil {
		t.Fatal(err)
	}
	raw, _ := tokens.Extra("id_token").(string)
	verifier := provider.Verifier(&oidc.Config{ClientID: clientID, SupportedSigningAlgs: []string{oidc.RS512}, Now: morning})
	idToken, err := verifier.Verify(ctx, raw)
	if err != nil {
		t.Fatal(err)
	}
	var claims struct {
		NHSNumber string `json:"nhs_number"`
	}
	if err := idToken.Claims(&claims); err != nil || claims.NHSNumber != a.nhsNumber("bella") || idToken.Nonce != "nonce-1" {
		t.Errorf("%+v %+v %v", claims, idToken, err)
	}
}

func TestGoOIDCSignsInAuditors(t *testing.T) {
	a := newService(t)
	a.register(sandbox.App{StaffClientID: "audit", StaffClientSecret: "audit-secret", StaffRedirectURIs: []string{callback}})
	ctx := oidc.ClientContext(t.Context(), a.client)
	provider, err := oidc.NewProvider(ctx, a.at.StaffIssuer)
	if err != nil {
		t.Fatal(err)
	}
	signIn := func(ctx context.Context, secret, member string) (*oauth2.Token, error) {
		endpoint := provider.Endpoint()
		endpoint.AuthStyle = oauth2.AuthStyleInHeader
		config := oauth2.Config{ClientID: "audit", ClientSecret: secret, Endpoint: endpoint, RedirectURL: callback, Scopes: []string{"openid"}}
		verifier := oauth2.GenerateVerifier()
		target := config.AuthCodeURL("s", oidc.Nonce("n"), oauth2.S256ChallengeOption(verifier), oauth2.SetAuthURLParam("sandbox_staff", member))
		return config.Exchange(ctx, a.get(target).back(t).Get("code"), oauth2.VerifierOption(verifier))
	}
	for member, want := range map[string]int{"ada": 1, "cal": 2, "olu": 1, "nell": 0} {
		tokens, err := signIn(ctx, "audit-secret", member)
		if err != nil {
			t.Fatal(err)
		}
		raw, _ := tokens.Extra("id_token").(string)
		idToken, err := provider.Verifier(&oidc.Config{ClientID: "audit", Now: morning}).Verify(ctx, raw)
		if err != nil {
			t.Fatal(err)
		}
		var claims struct {
			Roles []string `json:"roles"`
		}
		if err := idToken.Claims(&claims); err != nil || len(claims.Roles) != want {
			t.Errorf("%s has the roles %v, %v", member, claims.Roles, err)
		}
	}
	if _, err := signIn(ctx, "wrong", "ada"); err == nil {
		t.Error("a wrong secret is accepted")
	}
	t.Run("without a name there is a page", func(t *testing.T) {
		q := url.Values{"client_id": {"audit"}, "redirect_uri": {callback}, "response_type": {"code"}, "scope": {"openid"}}
		if res := a.get(a.at.StaffIssuer + "/authorize?" + q.Encode()); res.status != http.StatusOK {
			t.Errorf("%d", res.status)
		}
	})
}
