package machine

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/mail"
	"strings"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/httpapi"
	"github.com/patient-care-aggregator/aggregator/internal/problem"
)

// jwks is GET /.well-known/jwks.json: the keys that NHS login and the API
// platform check this service's assertions with. They cache it for an hour.
func (m *Machine) jwks(context.Context, *httpapi.Request) (httpapi.Answer, error) {
	return httpapi.Public(http.StatusOK, "application/json", m.d.JWKS).With("Cache-Control", "public, max-age=3600"), nil
}

// document is GET /openapi.yaml and /openapi.json: the contract of this API.
func document(kind string, text []byte) httpapi.Handler {
	sum := sha256.Sum256(text)
	tag := base64.RawURLEncoding.EncodeToString(sum[:16])
	return func(_ context.Context, r *httpapi.Request) (httpapi.Answer, error) {
		return httpapi.PublicTagged(r, kind, text, tag).With("Cache-Control", "public, max-age=3600"), nil
	}
}

// securityText is GET /.well-known/security.txt (RFC 9116). A contact that is neither
// an email address nor an https address cannot be named there; then there is none.
func (m *Machine) securityText(context.Context, *httpapi.Request) (httpapi.Answer, error) {
	const valid = 30 * 24 * time.Hour
	contact := m.d.Contact
	if address, err := mail.ParseAddress(contact); err == nil && address.Name == "" {
		contact = "mailto:" + address.Address
	} else if !strings.HasPrefix(contact, "https://") {
		return nil, problem.New(problem.NotFound, nil)
	}
	text := "Contact: " + contact + "\nExpires: " + httpapi.InSeconds(m.d.Now().Add(valid)).Format(time.RFC3339) + "\nPreferred-Languages: en\n"
	return httpapi.Public(http.StatusOK, "text/plain; charset=utf-8", []byte(text)).With("Cache-Control", "public, max-age=3600"), nil
}
