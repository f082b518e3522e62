package login

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/sandbox/citizens"
	"github.com/patient-care-aggregator/aggregator/internal/sandbox/jwt"
	"github.com/patient-care-aggregator/aggregator/internal/sandbox/recording"
)

// assertedLife is the longest that an asserted login identity may be valid.
const assertedLife = 60 * time.Second

var errAsserted = errors.New("asserted_login_identity is refused")

// bySingleSignOn signs in whom another service asserts (specification, table
// 1.2). When it refuses, the citizen signs in as if nothing had been asserted;
// the recording says why.
func (l *Login) bySingleSignOn(w http.ResponseWriter, r *http.Request, req request) bool {
	if req.asserted == "" || req.prompt == "login" {
		return false
	}
	c, signedIn, err := l.asserted(r, req)
	if err != nil {
		complain(r, err.Error())
		return false
	}
	vot, enough := strongest(req.vtr, c)
	if !enough {
		complain(r, "the asserted identity does not reach the asked vectors of trust")
		return false
	}
	recording.From(r.Context()).Citizen(c.Name)
	l.share(req.app.ClientID, c.Name)
	l.sendCode(w, r, req, c, vot, signedIn)
	return true
}

// asserted proves the one-time JWT that service 1 made for service 2.
func (l *Login) asserted(r *http.Request, req request) (citizens.Citizen, time.Time, error) {
	none := func(why string) (citizens.Citizen, time.Time, error) {
		return citizens.Citizen{}, time.Time{}, fmt.Errorf("%w: %s", errAsserted, why)
	}
	token, err := jwt.Read(req.asserted)
	if err != nil {
		return none(err.Error())
	}
	from, ok := l.Apps.ByClientID(jwt.Text(token.Claims, "iss"))
	if !ok {
		return none("iss is not a registered client")
	}
	if !slices.Contains(req.app.SSOFrom, from.ClientID) {
		return none("NHS login has not configured single sign-on from " + from.ClientID + " to " + req.app.ClientID)
	}
	if err := l.verifyBy(r, from, token); err != nil {
		return none(err.Error())
	}
	now := l.Now()
	exp, hasExp := jwt.Time(token.Claims, "exp")
	iat, hasIat := jwt.Time(token.Claims, "iat")
	jti := jwt.Text(token.Claims, "jti")
	switch {
	case !hasExp || !hasIat || jti == "":
		return none("exp, iat or jti is missing")
	case !exp.After(now):
		return none("it has expired")
	case exp.Sub(now) > assertedLife || exp.Sub(iat) > assertedLife:
		return none("it is valid for longer than 60 seconds")
	}
	code := jwt.Text(token.Claims, "code")
	l.mu.Lock()
	about, known := l.issued[code]
	l.mu.Unlock()
	if !known || about.client != from.ClientID || !about.expires.After(now) {
		return none("code is not the jti of a living ID token of " + from.ClientID)
	}
	if !l.assertions.Use("asserted\x00"+from.ClientID+"\x00"+jti, now, exp) {
		return none("it was used before")
	}
	c, err := l.People.Find(about.citizen)
	if err != nil {
		return none(err.Error())
	}
	return c, about.signedIn, nil
}
