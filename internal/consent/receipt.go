package consent

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/citizen"
)

// Controller is the organisation that answers for the service, as receipts name it.
type Controller struct {
	Issuer    string // the service's public URL
	Name      string
	Contact   string // an e-mail address or a telephone number
	PolicyURL string // where the privacy notice is
}

// Receipt is what a citizen can keep of a consent: the payload of a JWT (RFC
// 7519) whose further claims have the names of the Kantara Initiative's Consent
// Receipt 1.1. It names the citizen by an id that is made for receipts: they are handed on, and
// the pseudonym of the log would join the two for ever.
type Receipt struct {
	Issuer   string `json:"iss"`
	Subject  string `json:"sub"`
	ID       string `json:"jti"` // consent and event: each act has its own receipt
	IssuedAt int64  `json:"iat"` // seconds since 1970

	Version          string           `json:"version"`
	Jurisdiction     string           `json:"jurisdiction"`
	ConsentTimestamp int64            `json:"consentTimestamp"`
	CollectionMethod string           `json:"collectionMethod"`
	ConsentReceiptID string           `json:"consentReceiptID"`
	Language         string           `json:"language"`
	PrincipalID      string           `json:"piiPrincipalId"`
	Controllers      []ReceiptParty   `json:"piiControllers"`
	PolicyURL        string           `json:"policyUrl"`
	Services         []ReceiptService `json:"services"`
	Sensitive        bool             `json:"sensitive"`
	Categories       []string         `json:"spiCat"`

	// Not Kantara's: which text was agreed to, until when it lasts, and what the
	// audit log has of the act.
	NoticeVersion string `json:"noticeVersion"`
	NoticeDigest  string `json:"noticeDigest"` // SHA-256, in hex
	ExpiresAt     int64  `json:"consentExpires"`
	EventDigest   string `json:"eventDigest"`
}

// ReceiptParty is a controller as a receipt names it.
type ReceiptParty struct {
	Name    string `json:"piiController"`
	Contact string `json:"contact"`
}

// ReceiptService is the client that was allowed something.
type ReceiptService struct {
	Service  string           `json:"service"`
	Purposes []ReceiptPurpose `json:"purposes"`
}

// ReceiptPurpose is one thing that was allowed.
type ReceiptPurpose struct {
	Purpose     Scope    `json:"purpose"`
	ConsentType string   `json:"consentType"`
	Categories  []string `json:"piiCategory"`
	Primary     bool     `json:"primaryPurpose"`
	Termination string   `json:"termination"`
	Disclosure  bool     `json:"thirdPartyDisclosure"`
	ThirdParty  string   `json:"thirdPartyName,omitempty"`
}

// Signer makes a signed JWT of a payload.
type Signer interface {
	SignPayload(ctx context.Context, payload []byte) (string, error)
}

// Receipt returns the receipt of a consent's last grant or renewal. clientName is
// the client as citizens know it. Errors: ErrNoConsent.
func (l *Ledger) Receipt(ctx context.Context, who citizen.Citizen, id, clientName string, by Controller) (Receipt, error) {
	events, err := l.known.events(ctx, who.Ref)
	if err != nil {
		return Receipt{}, fmt.Errorf("make consent receipt: %w", err)
	}
	for _, e := range slices.Backward(events) {
		if e.ID == id && (e.Kind == Granted || e.Kind == Renewed) {
			return receipt(e, holder(who), clientName, by, l.d.Now()), nil
		}
	}
	return Receipt{}, fmt.Errorf("make consent receipt: %w", ErrNoConsent)
}

// Sign returns the receipt as a signed JWT.
func (r Receipt) Sign(ctx context.Context, s Signer) (string, error) {
	payload, err := json.Marshal(r)
	if err != nil {
		return "", fmt.Errorf("encode consent receipt: %w", err)
	}
	signed, err := s.SignPayload(ctx, payload)
	if err != nil {
		return "", fmt.Errorf("sign consent receipt: %w", err)
	}
	return signed, nil
}

// holder is the citizen as receipts name them. It leads back to nobody after erasure.
func holder(who citizen.Citizen) string { return who.OpaqueID("receipt-subject", "") }

func receipt(e Event, holder, clientName string, by Controller, now time.Time) Receipt {
	id := e.ID + "." + strconv.FormatInt(e.Seq, 10)
	service := ReceiptService{Service: clientName}
	for _, s := range e.Scopes {
		service.Purposes = append(service.Purposes, ReceiptPurpose{
			Purpose: s, ConsentType: "EXPLICIT", Categories: []string{"health"}, Primary: s == TimelineRead,
			Termination: e.ExpiresAt.UTC().Format(time.RFC3339), Disclosure: true, ThirdParty: clientName,
		})
	}
	return Receipt{
		Issuer: by.Issuer, Subject: holder, ID: id, IssuedAt: now.Unix(),
		Version: "KI-CR-v1.1.0", Jurisdiction: "GB", ConsentTimestamp: e.At.Unix(), CollectionMethod: e.Channel,
		ConsentReceiptID: id, Language: e.Language, PrincipalID: holder,
		Controllers: []ReceiptParty{{Name: by.Name, Contact: by.Contact}}, PolicyURL: by.PolicyURL,
		Services: []ReceiptService{service}, Sensitive: true, Categories: []string{"health"},
		NoticeVersion: e.Notice, NoticeDigest: e.NoticeDigest, ExpiresAt: e.ExpiresAt.Unix(), EventDigest: e.Digest(),
	}
}
