//go:build linux

package postgrestrial

import (
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/citizen"
)

var instant = time.Date(2026, 11, 3, 12, 0, 0, 0, time.UTC)

// person is a citizen who has agreed and is signed in.
type person struct {
	ref     citizen.Ref
	list    audit.ListID
	session [32]byte
}

func citizenOf(n int) person {
	p := person{ref: citizen.Ref(fmt.Sprintf("CITIZEN%019d", n))}
	random := rand.New(rand.NewPCG(7, uint64(n)))
	for i := range p.list {
		p.list[i] = byte(random.Uint32())
	}
	for i := range p.session {
		p.session[i] = byte(random.Uint32())
	}
	return p
}

// shown is the act of showing somebody four referrals. What differs between entries is
// random, because rows are compressed.
func (p person) shown(t testing.TB, random *rand.Rand) *act {
	t.Helper()
	bytes := func(n int) []byte {
		out := make([]byte, n)
		for i := range out {
			out[i] = byte(random.Uint32())
		}
		return out
	}
	digest := func() string { return base64.RawURLEncoding.EncodeToString(bytes(32)) }
	e := audit.Entry{
		Kind: audit.DataReleased, At: instant, Citizen: p.ref, Client: "app-one", Actor: audit.ActorCitizen, Purpose: "timeline",
		Outcome: audit.Succeeded, CorrelationID: uuid.UUID(bytes(16)).String(), Consent: uuid.UUID(bytes(16)).String(), Event: 1,
		Referrals: 4, Digest: digest(), ReferralsDigest: digest(),
		Policy: "2026.11.1-250969b6e374cfa0", ValueSets: "vs-97d4da3bf60fa308", AsOf: instant, Age: time.Minute,
	}
	a := p.act(t, e)
	a.guard = audit.NewGuard(audit.GuardParts{Citizen: p.ref, Client: "app-one", ConsentSeq: 1, Session: p.session, Until: instant.Add(time.Hour)})
	return a
}

func (p person) withdrawal(t testing.TB) *act {
	t.Helper()
	a := p.act(t, audit.Entry{Kind: audit.ConsentWithdrawn, At: instant, Citizen: p.ref, Client: "app-one", Actor: audit.ActorCitizen, Outcome: audit.Succeeded})
	a.withdrawn = 2
	return a
}

func (p person) act(t testing.TB, e audit.Entry) *act {
	t.Helper()
	prepared, err := audit.Prepare(e)
	if err != nil {
		t.Error(err)
	}
	return &act{prepared: prepared, done: make(chan error, 1)}
}
