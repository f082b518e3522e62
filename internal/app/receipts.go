package app

import (
	"context"
	"encoding/json"

	"github.com/patient-care-aggregator/aggregator/internal/consent"
	"github.com/patient-care-aggregator/aggregator/internal/httpapi"
	"github.com/patient-care-aggregator/aggregator/internal/jose"
)

// receipts signs receipts of consents with a key that the JWKS publishes. Their
// own type keeps them from being taken for a client assertion of the same key.
func (w *wiring) receipts(consents *consent.Ledger) *httpapi.Receipts {
	return &httpapi.Receipts{
		Make: consents.Receipt, Signer: receiptSigner{w.login},
		Controller: consent.Controller{
			Issuer: w.c.PublicURL, Name: w.c.Operator.Name, Contact: w.c.Operator.Contact, PolicyURL: w.c.PublicURL + "/v1/privacy-notice",
		},
	}
}

type receiptSigner struct{ keys *jose.Keys }

// SignPayload implements consent.Signer.
func (s receiptSigner) SignPayload(_ context.Context, payload []byte) (string, error) {
	return s.keys.Sign("consent-receipt+jwt", json.RawMessage(payload))
}
