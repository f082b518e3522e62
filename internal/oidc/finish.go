package oidc

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"golang.org/x/oauth2"

	"github.com/patient-care-aggregator/aggregator/internal/upstream"
)

// Callback is what the browser brought back from the provider.
type Callback struct {
	State, Code             string
	Error, ErrorDescription string
	Issuer                  string // iss of RFC 9207; empty where the provider sends none
	Binding                 string // from the browser itself
}

// Refusal is the provider's refusal, in an error that is ErrRefused.
type Refusal struct{ code, description string }

// Error names only a code that OAuth 2.0 or OpenID Connect defines; any other text
// could have been written by the caller.
func (r *Refusal) Error() string {
	if r.code == "access_denied" {
		return "the provider answered access_denied"
	}
	return "the provider answered an error code that is not defined"
}

// Denied reports whether the provider answered access_denied with this
// description, in any case and with any blanks around it.
func (r *Refusal) Denied(description string) bool {
	return r.code == "access_denied" && strings.EqualFold(strings.TrimSpace(r.description), description)
}

// Finish ends the sign-in that the callback's state names. The pending sign-in is
// taken before anything else is looked at, so that no second try can use it.
//
// The Result's ReturnTo, Renews and Prompt are set together with an error too, once the pending
// sign-in was found. Errors: those of this package, or the store's.
func (rp *RelyingParty) Finish(ctx context.Context, c Callback) (Result, error) {
	signIn, err := rp.take(ctx, c.State, c.Binding)
	result := Result{ReturnTo: signIn.ReturnTo, Renews: signIn.Renews, Prompt: signIn.Prompt}
	switch {
	case err != nil:
		return result, err
	case c.Issuer != "" && c.Issuer != rp.c.Issuer:
		return result, fmt.Errorf("%w: another provider answered", ErrInvalid)
	case c.Error != "":
		return result, refusal(c, signIn.Prompt == "none")
	case c.Code == "":
		return result, fmt.Errorf("%w: it came back without a code", ErrInvalid)
	}
	p, err := rp.discovery.get(ctx)
	if err != nil {
		return result, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	tokens, err := rp.exchange(ctx, p, c.Code, signIn.CodeVerifier)
	if err != nil {
		return result, err
	}
	raw, ok := tokens.Extra("id_token").(string)
	if !ok {
		return result, fmt.Errorf("%w: the token answer has no ID token", ErrInvalid)
	}
	checked, err := rp.verify(ctx, p, raw, tokens.AccessToken, signIn)
	checked.ReturnTo, checked.Renews, checked.Prompt = result.ReturnTo, result.Renews, result.Prompt
	return checked, err
}

// refusal returns what an error in the provider's redirect means (RFC 6749, 4.1.2.1;
// OpenID Connect Core 1.0, 3.1.2.6).
func refusal(c Callback, silent bool) error {
	switch c.Error {
	case "server_error", "temporarily_unavailable":
		return fmt.Errorf("%w: it answered %s", ErrUnavailable, c.Error)
	case "invalid_request", "unauthorized_client", "invalid_scope", "unsupported_response_type",
		"invalid_request_uri", "invalid_request_object", "request_not_supported", "request_uri_not_supported":
		return fmt.Errorf("%w: it refused this service's request: %s", ErrUnavailable, c.Error)
	}
	// Whatever the reason for refusing a silent request, an open one may resolve
	// it: providers have their own codes for it.
	if silent {
		return fmt.Errorf("%w: %w", ErrAskOpenly, &Refusal{code: c.Error})
	}
	switch c.Error {
	case "login_required", "interaction_required", "consent_required", "account_selection_required", "sso_login_required":
		return fmt.Errorf("%w: it answered %s", ErrLoginRequired, c.Error)
	}
	return fmt.Errorf("%w: %w", ErrRefused, &Refusal{code: c.Error, description: c.ErrorDescription})
}

func (rp *RelyingParty) exchange(ctx context.Context, p *provider, code, verifier string) (*oauth2.Token, error) {
	var options []oauth2.AuthCodeOption
	if rp.c.ClientAssertion != nil {
		assertion, err := rp.c.ClientAssertion(p.tokenURL)
		if err != nil {
			return nil, fmt.Errorf("make client assertion: %w", err)
		}
		options = append(options,
			oauth2.SetAuthURLParam("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
			oauth2.SetAuthURLParam("client_assertion", assertion))
	}
	if verifier != "" {
		options = append(options, oauth2.VerifierOption(verifier))
	}
	tokens, err := rp.oauth(p).Exchange(context.WithValue(ctx, oauth2.HTTPClient, upstream.TokenClient(rp.d.HTTP)), code, options...)
	if err != nil {
		return nil, exchangeError(err)
	}
	return tokens, nil
}

// exchangeError distinguishes a used or expired code from a failing provider.
// What the provider wrote is not repeated: only codes of RFC 6749, 5.2, are.
func exchangeError(err error) error {
	var refused *oauth2.RetrieveError
	var sending *url.Error
	switch {
	case errors.As(err, &sending):
		return fmt.Errorf("%w: exchange code: %w", ErrUnavailable, upstream.WithoutURL(err))
	case !errors.As(err, &refused):
		return fmt.Errorf("%w: exchange code: the answer has no tokens that can be read", ErrUnavailable)
	}
	switch refused.ErrorCode {
	case "invalid_grant":
		return fmt.Errorf("%w: exchange code: invalid_grant", ErrExpired)
	case "invalid_client", "invalid_request", "unauthorized_client", "unsupported_grant_type", "invalid_scope":
		return fmt.Errorf("%w: exchange code: the provider refused this service: %s", ErrUnavailable, refused.ErrorCode)
	}
	return fmt.Errorf("%w: exchange code: status %d", ErrUnavailable, refused.Response.StatusCode)
}
