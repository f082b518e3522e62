package app

import (
	"context"
	"encoding/json"

	"github.com/patient-care-aggregator/aggregator/internal/config"
	"github.com/patient-care-aggregator/aggregator/internal/consent"
	"github.com/patient-care-aggregator/aggregator/internal/httpapi"
	"github.com/patient-care-aggregator/aggregator/internal/jose"
)

// receipts signs receipts of consents with a key that the JWKS publishes. Their
// own type keeps them from being taken for a client assertion of the same key.
func receipts(c config.Config, consents *consent.Ledger, k *jose.Keys) *httpapi.Receipts {
	return &httpapi.Receipts{
		Make: consents.Receipt, Signer: receiptSigner{k},
		Controller: consent.Controller{
			Issuer: c.PublicURL, Name: c.Operator.Name, Contact: c.Operator.Contact, PolicyURL: c.PublicURL + "/v1/privacy-notice",
		},
	}
}

type receiptSigner struct{ keys *jose.Keys }

// SignPayload implements consent.Signer.
func (s receiptSigner) SignPayload(_ context.Context, payload []byte) (string, error) {
	return s.keys.Sign("consent-receipt+jwt", json.RawMessage(payload))
}
