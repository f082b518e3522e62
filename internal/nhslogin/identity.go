package nhslogin

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/keys"
	"github.com/patient-care-aggregator/aggregator/internal/oidc"
)

// Why a citizen whom NHS login identified cannot use this service, or did not want
// to. Show the citizen the reason; signing in again does not help by itself.
var (
	ErrIdentityLevel   = errors.New("the identity is not proved to the level that is needed")
	ErrWeakSignIn      = fmt.Errorf("%w: by this sign-in, which had no second factor", ErrIdentityLevel)
	ErrUnder16         = errors.New("the citizen is under 16")
	ErrAgeUnknown      = errors.New("the citizen's age is unknown")
	ErrNoNHSNumber     = errors.New("the ID token has no valid NHS number")
	ErrSharingDeclined = errors.New("the citizen did not agree to share their information")
)

// Identity is a citizen whom NHS login identified.
type Identity struct {
	NHSNumber      citizen.NHSNumber
	IDToken        keys.Secret // as signed, for the token exchange
	IDTokenID      string      // its jti, for single sign-on into other services
	IDTokenExpires time.Time
	// AuthTime is when the citizen last signed in fully; zero if NHS login did not say.
	AuthTime time.Time
}

const (
	minimumAge     = 16
	oldestAge      = 130
	requiredLevel  = "P9"
	birthdateStyle = time.DateOnly
)

type claims struct {
	JTI       string `json:"jti"`
	VOT       string `json:"vot"`
	NHSNumber string `json:"nhs_number"`
	Birthdate string `json:"birthdate"`
	Level     string `json:"identity_proofing_level"`
}

// identify reads a verified ID token and checks that the citizen may use this
// service.
func (c *Client) identify(result oidc.Result) (Identity, error) {
	var v claims
	if err := result.Claims(&v); err != nil {
		return Identity{}, fmt.Errorf("read NHS login claims: %w", err)
	}
	if v.JTI == "" {
		return Identity{}, fmt.Errorf("%w: jti is missing", oidc.ErrInvalid)
	}
	if v.Level != requiredLevel {
		return Identity{}, ErrIdentityLevel
	}
	if !slices.Contains(VectorsOfTrust(), v.VOT) {
		if strings.HasPrefix(v.VOT, requiredLevel+".") {
			return Identity{}, ErrWeakSignIn
		}
		return Identity{}, ErrIdentityLevel
	}
	if err := c.checkAge(v.Birthdate); err != nil {
		return Identity{}, err
	}
	number, err := citizen.ParseNHSNumber(v.NHSNumber)
	if err != nil {
		return Identity{}, fmt.Errorf("%w: %w", ErrNoNHSNumber, err)
	}
	return Identity{
		NHSNumber: number, IDToken: result.IDToken, IDTokenID: v.JTI, IDTokenExpires: result.Expires, AuthTime: result.AuthTime,
	}, nil
}

// checkAge rejects a citizen who is under 16, or whose age is unknown. 16 is
// reached at the first moment of the birthday in London; for 29 February that is
// 1 March.
func (c *Client) checkAge(birthdate string) error {
	born, err := time.ParseInLocation(birthdateStyle, birthdate, c.london)
	if err != nil {
		// time's error repeats the text.
		return fmt.Errorf("%w: birthdate is missing or is not a date", ErrAgeUnknown)
	}
	now := c.now()
	if born.After(now) || born.AddDate(oldestAge, 0, 0).Before(now) {
		return fmt.Errorf("%w: birthdate is not plausible", ErrAgeUnknown)
	}
	if now.Before(time.Date(born.Year()+minimumAge, born.Month(), born.Day(), 0, 0, 0, 0, c.london)) {
		return ErrUnder16
	}
	return nil
}
