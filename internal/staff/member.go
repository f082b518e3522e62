package staff

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/patient-care-aggregator/aggregator/internal/oidc"
)

// Member is the pseudonym of a member of staff: "staff:" and a
// keyed hash of issuer and subject. The same account has the same pseudonym while
// the key ring's active key stays. Who it is can be asked with the ring (package account).
type Member struct {
	Pseudonym string
	Roles     []Role // at least one of somebody who is let in
}

// May reports whether the member has a role.
func (m Member) May(r Role) bool { return slices.Contains(m.Roles, r) }

const (
	pseudonymPrefix  = "staff:"
	pseudonymPurpose = "staff-account"
	pseudonymBytes   = 12
)

// identify reads a verified ID token and checks the role.
func (s *SignIn) identify(result oidc.Result) (Member, error) {
	claims := map[string]json.RawMessage{}
	if err := result.Claims(&claims); err != nil {
		return Member{}, fmt.Errorf("read staff claims: %w", err)
	}
	m := Member{Pseudonym: s.pseudonyms(result.Issuer, result.Subject)[0], Roles: rolesOf(texts(claims[s.roleClaim]), s.roles)}
	if len(m.Roles) == 0 {
		return m, ErrRole
	}
	if acr := texts(claims["acr"]); len(s.acr) > 0 && (len(acr) != 1 || !slices.Contains(s.acr, acr[0])) {
		return m, ErrWeakSignIn
	}
	return m, nil
}

// pseudonyms are those of an account under every key of the ring, the active one's first.
func (s *SignIn) pseudonyms(issuer, subject string) []string {
	macs := s.ring.MACs(pseudonymPurpose, []byte(issuer+"\x00"+subject))
	names := make([]string, len(macs))
	for i, mac := range macs {
		names[i] = pseudonymPrefix + base64.RawURLEncoding.EncodeToString(mac.Sum[:pseudonymBytes])
	}
	return names
}

// notTheSame is why an account does not go on with the session of another pseudonym: it is
// somebody else, or the session began under another active key. Then a sign-in under the
// new pseudonym is what the log needs, and no refusal.
func (s *SignIn) notTheSame(result oidc.Result) error {
	if slices.Contains(s.pseudonyms(result.Issuer, result.Subject), result.Renews) {
		return fmt.Errorf("%w: the account has another pseudonym since the key ring changed", oidc.ErrAskOpenly)
	}
	return ErrSomebodyElse
}

// texts reads a claim that is a text or a list of texts; anything else is empty.
func texts(claim json.RawMessage) []string {
	var one string
	if json.Unmarshal(claim, &one) == nil && one != "" {
		return []string{one}
	}
	var list []string
	if json.Unmarshal(claim, &list) != nil {
		return nil
	}
	return list
}
