package app

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/audit/checkpoint"
	"github.com/patient-care-aggregator/aggregator/internal/config"
	"github.com/patient-care-aggregator/aggregator/internal/oidc"
	"github.com/patient-care-aggregator/aggregator/internal/redis"
	"github.com/patient-care-aggregator/aggregator/internal/staff/account"
	"github.com/patient-care-aggregator/aggregator/internal/store"
	"github.com/patient-care-aggregator/aggregator/internal/store/location"
	"github.com/patient-care-aggregator/aggregator/internal/upstream"
)

// Finding is what asking one of the configured systems showed.
type Finding struct {
	What string // what was asked
	Err  error  // nil: it is as it should be
	// Warning says that the service can start all the same.
	Warning bool
}

// largestDrift is how far this machine's clock may be off. Providers accept assertions
// that are a few minutes off, and each answer of ours has the time in it.
const largestDrift = 30 * time.Second

// Online asks every system that the configuration names whether it is there and knows
// this service, all at once and each for a few seconds. Nothing of a citizen is sent or
// asked for, and no database is changed. An error says that nothing could be asked.
func Online(ctx context.Context, c config.Config, o Options) ([]Finding, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Random == nil {
		o.Random = rand.Reader
	}
	w := newWiring(c, o)
	checks, done, err := w.checks(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	findings := make([]Finding, len(checks))
	var all sync.WaitGroup
	for i, check := range checks {
		all.Go(func() {
			findings[i] = Finding{What: check.what}
			findings[i].Err = w.panics.Contain(ctx, "check", func() error { return check.ask(ctx) })
			findings[i].Warning = check.warning || errors.Is(findings[i].Err, checkpoint.ErrWriteOnly)
		})
	}
	all.Wait()
	return findings, nil
}

type onlineCheck struct {
	what    string
	warning bool
	ask     func(context.Context) error
}

// checks are made of the same parts as the service.
func (w *wiring) checks(ctx context.Context) (checks []onlineCheck, done func(), err error) {
	secrets, err := readSecrets(w.c)
	if err != nil {
		return nil, nil, err
	}
	words, err := newWords(w.c.ValueSetsDir, spoken(w.c))
	if err != nil {
		return nil, nil, err
	}
	out := w.upstreams()
	login, err := w.nhsLogin(secrets.login, w.relyingParty(keepsNothing{}, secrets.ring, out.login))
	if err != nil {
		return nil, nil, err
	}
	organisations, err := w.organisations(words, out.ods)
	if err != nil {
		return nil, nil, err
	}
	tokens := w.tokens(secrets.platform, out.token)
	ers, err := w.ers(tokens, organisations, out.ers, shared{})
	if err != nil {
		return nil, nil, err
	}
	checks = []onlineCheck{
		{"NHS login, " + w.c.NHSLogin.Issuer, false, login.Check},
		{"NHS API platform, " + w.c.Platform.TokenURL, false, tokens.Check},
		{"e-RS, " + w.c.ERSBaseURL, false, func(ctx context.Context) error { return ers.Check(ctx, w.newID()) }},
		{"the clock of this machine", false, func(ctx context.Context) error { return w.drift(ctx, out) }},
		{"this service's keys at " + w.c.PublicURL, true, func(ctx context.Context) error { return w.published(ctx, out, secrets.jwks) }},
	}
	if w.c.ODSBaseURL != "" {
		checks = append(checks, onlineCheck{"organisations, " + w.c.ODSBaseURL, false, func(ctx context.Context) error { return organisations.Check(ctx, w.newID()) }})
	}
	if w.c.Staff.Issuer != "" {
		members, err := w.staffSignIn(w.relyingParty(keepsNothing{}, secrets.ring, out.staff), keepsNothing{})
		if err != nil {
			return nil, nil, err
		}
		checks = append(checks, onlineCheck{"staff provider, " + w.c.Staff.Issuer, false, members.Check})
	}
	if at, err := location.Parse(w.c.DatabaseURL.Reveal()); err == nil {
		if _, isServer := at.PostgreSQL(); isServer {
			checks = append(checks, onlineCheck{"the database, " + at.String(), false, func(ctx context.Context) error { return store.Reach(ctx, w.c.DatabaseURL.Reveal()) }})
		}
	}
	together, err := w.shared(ctx, secrets.ring)
	if err != nil {
		return nil, nil, err
	}
	if together.client != nil {
		// The service starts and goes on without it.
		checks = append(checks, onlineCheck{"Redis, " + redis.Place(w.c.RedisURL.Reveal()), true, func(ctx context.Context) error { return together.client.Ping(ctx).Err() }})
	}
	if strings.HasPrefix(w.c.CheckpointSink, "https://") {
		checks = append(checks, onlineCheck{"checkpoint sink", false, func(ctx context.Context) error { return w.readsBack(ctx, out.checkpointSink) }})
	}
	return checks, func() {
		out.closeIdle()
		_ = together.close() // nothing was written
	}, nil
}

// readsBack reports whether the https sink of checkpoints can be read: the service shows
// no data before it was. Who signed what it keeps is for the service to judge.
func (w *wiring) readsBack(ctx context.Context, client *upstream.Client) error {
	sink, err := checkpoint.NewHTTPSink(w.c.CheckpointSink, w.c.CheckpointSinkToken, client)
	if err != nil {
		return fmt.Errorf("ask the checkpoint sink: %w", err)
	}
	return sink.Check(ctx)
}

// drift compares the clock with that of NHS login, as its answer has it (RFC 9110, 6.6.1).
func (w *wiring) drift(ctx context.Context, out upstreams) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, w.c.NHSLogin.Issuer+"/.well-known/openid-configuration", http.NoBody)
	if err != nil {
		return errors.New("the issuer is not a URL")
	}
	asked := w.o.Now()
	a, err := out.login.Do("check clock", r)
	if err != nil {
		return fmt.Errorf("ask NHS login for the time: %w", err)
	}
	at, err := http.ParseTime(a.Header.Get("Date"))
	if err != nil {
		return errors.New("the answer of NHS login has no time to compare with")
	}
	// The answer was made between both looks at the clock, and its time has whole seconds.
	answered := w.o.Now()
	if early, late := asked.Sub(at.Add(time.Second)), at.Sub(answered); early > largestDrift || late > largestDrift {
		return fmt.Errorf("it differs from NHS login's by %s", max(early, late).Round(time.Second))
	}
	return nil
}

// published reports whether the address that NHS login and the platform read this
// service's public keys from has the ones that are configured.
func (w *wiring) published(ctx context.Context, out upstreams, want []byte) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, w.c.PublicURL+"/.well-known/jwks.json", http.NoBody)
	if err != nil {
		return errors.New("it is not a URL")
	}
	a, err := out.login.Do("check keys", r)
	switch {
	case err != nil:
		return fmt.Errorf("they cannot be read; they must be, once the service runs: %w", err)
	case a.Status != http.StatusOK:
		return fmt.Errorf("they cannot be read: status %d", a.Status)
	case !bytes.Equal(bytes.TrimSpace(a.Body), bytes.TrimSpace(want)):
		return errors.New("they are not the configured ones")
	}
	return nil
}

// keepsNothing is in the place of the store of sign-ins: a check begins none.
type keepsNothing struct{}

var errKeepsNothing = errors.New("no sign-in is kept while the configuration is checked")

// Put implements oidc.Store.
func (keepsNothing) Put(context.Context, string, [32]byte, []byte, time.Time) error {
	return errKeepsNothing
}

// Take implements oidc.Store.
func (keepsNothing) Take(context.Context, string, [32]byte, time.Time) ([]byte, error) {
	return nil, errKeepsNothing
}

// NoteAccount implements account.Store.
func (keepsNothing) NoteAccount(context.Context, account.Sealed) error { return errKeepsNothing }

// Account implements account.Store.
func (keepsNothing) Account(context.Context, string) (account.Sealed, error) {
	return account.Sealed{}, account.ErrUnknown
}

// AccountsUnderOtherKeys implements account.Store.
func (keepsNothing) AccountsUnderOtherKeys(context.Context, string, string, int) ([]account.Sealed, error) {
	return nil, errKeepsNothing
}

var _ oidc.Store = keepsNothing{}
