package consent

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/client"
)

const (
	ann   citizen.Ref = "ANN"
	bob   citizen.Ref = "BOB"
	app   client.ID   = "app-one"
	other client.ID   = "app-two"

	// v2 adds the scope history:store and leaves timeline:read as it was; v3 asks
	// for more under timeline:read.
	v1, v2, v3 = "2026-01-01", "2026-02-01", "2026-03-01"
)

func noticeFile(version, scopes string) *fstest.MapFile {
	return &fstest.MapFile{Data: []byte("---\nversion: \"" + version + "\"\ntitle: T\nlanguage: en\nscopes:\n" + scopes + "---\nText of " + version + ".\n")}
}

func notices(t testing.TB, upTo string) *Notices {
	t.Helper()
	dir := fstest.MapFS{}
	for version, scopes := range map[string]string{
		v1: "  \"timeline:read\": \"" + v1 + "\"\n",
		v2: "  \"timeline:read\": \"" + v1 + "\"\n  \"history:store\": \"" + v2 + "\"\n",
		v3: "  \"timeline:read\": \"" + v3 + "\"\n  \"history:store\": \"" + v2 + "\"\n",
	} {
		if version <= upTo {
			dir[version+".md"] = noticeFile(version, scopes)
		}
	}
	n, err := LoadNotices(dir)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// memory is a Store that keeps its promises.
type memory struct {
	mu         sync.Mutex
	events     map[citizen.Ref][]Event
	log        []audit.Entry
	loads      int
	beforeLoad func(citizen.Ref) // called without the lock, after reading
	refuse     error
}

func (m *memory) Events(_ context.Context, ref citizen.Ref) ([]Event, error) {
	m.mu.Lock()
	m.loads++
	out, hook := slices.Clone(m.events[ref]), m.beforeLoad
	m.mu.Unlock()
	if hook != nil {
		hook(ref)
	}
	return out, nil
}

func (m *memory) Record(_ context.Context, expectedLast int64, e Event, a audit.Entry) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.refuse != nil {
		return m.refuse
	}
	if lastSeq(m.events[e.Citizen]) != expectedLast {
		return ErrConflict
	}
	if m.events == nil {
		m.events = map[citizen.Ref][]Event{}
	}
	m.events[e.Citizen] = append(m.events[e.Citizen], e)
	m.log = append(m.log, a)
	return nil
}

// desk is a ledger with its clock and store in the test's hands.
type desk struct {
	*Ledger
	store *memory
	now   *time.Time
}

func start() time.Time { return time.Date(2026, 11, 3, 12, 0, 0, 0, time.UTC) }

func newDesk(t testing.TB, version string, change ...func(*Deps)) desk {
	t.Helper()
	now := start()
	d := desk{store: &memory{}, now: &now}
	ids := 0
	deps := Deps{
		Store: d.store, Notices: notices(t, version),
		Now:   func() time.Time { return *d.now },
		NewID: func() string { ids++; return fmt.Sprint("consent-", ids) },
	}
	for _, c := range change {
		c(&deps)
	}
	l, err := NewLedger(deps)
	if err != nil {
		t.Fatal(err)
	}
	d.Ledger = l
	return d
}

// release replaces the desk's ledger with one that has newer notices, over the same store.
func (d desk) release(t testing.TB, version string) desk {
	t.Helper()
	deps := d.d
	deps.Notices = notices(t, version)
	l, err := NewLedger(deps)
	if err != nil {
		t.Fatal(err)
	}
	return desk{Ledger: l, store: d.store, now: d.now}
}

func (d desk) grant(t testing.TB, id client.ID, scopes ...Scope) Consent {
	t.Helper()
	c, _, err := d.Grant(t.Context(), d.asking(id, scopes...))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (d desk) asking(id client.ID, scopes ...Scope) Grant {
	return Grant{Citizen: ann, Client: id, Scopes: scopes, NoticeVersion: d.d.Notices.InForce().Version, Channel: "web", CorrelationID: "correlation"}
}

func (d desk) decide(t testing.TB, id client.ID, scopes ...Scope) Decision {
	t.Helper()
	decision, err := d.Decide(t.Context(), ann, id, scopes)
	if err != nil {
		t.Fatal(err)
	}
	return decision
}
