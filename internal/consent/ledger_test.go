package consent

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/client"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestGrant(t *testing.T) {
	t.Run("a consent lasts a year and is logged with everything that was agreed to", func(t *testing.T) {
		d := newDesk(t, v2)
		c, created, err := d.Grant(t.Context(), d.asking(app, TimelineRead, HistoryStore, TimelineRead))
		if err != nil || !created {
			t.Fatal(created, err)
		}
		want := Consent{
			ID: "consent-1", Client: app, Scopes: []Scope{HistoryStore, TimelineRead}, Notice: v2,
			GrantedAt: start(), ExpiresAt: start().Add(DefaultLife), Status: StatusActive,
		}
		if diff := cmp.Diff(want, c); diff != "" {
			t.Error(diff)
		}
		e := d.store.events[ann][0]
		if e.NoticeDigest != d.d.Notices.InForce().Digest || e.Language != "en" || e.Channel != "web" {
			t.Errorf("event %+v", e)
		}
		wantEntry := audit.Entry{
			Kind: audit.ConsentGranted, At: start(), Citizen: ann, Client: app, Actor: audit.ActorCitizen, Outcome: audit.Succeeded,
			Consent: "consent-1", Scopes: []string{"history:store", "timeline:read"}, Notice: v2, Digest: e.Digest(), CorrelationID: "correlation",
		}
		if diff := cmp.Diff([]audit.Entry{wantEntry}, d.store.log); diff != "" {
			t.Error(diff)
		}
	})

	t.Run("granting what is missing keeps what was granted, under one consent", func(t *testing.T) {
		d := newDesk(t, v2)
		first := d.grant(t, app, TimelineRead)
		*d.now = d.now.Add(24 * time.Hour)
		c, created, err := d.Grant(t.Context(), d.asking(app, d.decide(t, app, TimelineRead, HistoryStore).Missing...))
		if err != nil || created || c.ID != first.ID {
			t.Errorf("%+v, %v, %v", c, created, err)
		}
		if !d.decide(t, app, TimelineRead, HistoryStore).Allowed {
			t.Error("not allowed")
		}
		if !c.ExpiresAt.Equal(first.ExpiresAt) {
			t.Errorf("the older scope was prolonged to %v without being asked for", c.ExpiresAt)
		}
		if d.store.log[1].Kind != audit.ConsentRenewed {
			t.Errorf("logged as %s", d.store.log[1].Kind)
		}
	})

	t.Run("granting everything again prolongs it", func(t *testing.T) {
		d := newDesk(t, v2)
		d.grant(t, app, TimelineRead)
		*d.now = d.now.Add(24 * time.Hour)
		if c := d.grant(t, app, TimelineRead); !c.ExpiresAt.Equal(d.now.Add(DefaultLife)) {
			t.Errorf("until %v", c.ExpiresAt)
		}
	})

	t.Run("under a newer notice a new consent takes the old one's place and keeps what still holds", func(t *testing.T) {
		d := newDesk(t, v2)
		old := d.grant(t, app, TimelineRead, HistoryStore)
		d = d.release(t, v3)
		if got := d.decide(t, app, TimelineRead, HistoryStore); got.Reason != ReasonNoticeOutdated || !slices.Equal(got.Missing, []Scope{TimelineRead}) {
			t.Fatalf("%+v", got)
		}
		c := d.grant(t, app, TimelineRead)
		if c.ID == old.ID || !d.decide(t, app, TimelineRead, HistoryStore).Allowed {
			t.Errorf("%+v", c)
		}
		list, err := d.List(t.Context(), ann)
		if err != nil || len(list) != 2 || list[0].ID != c.ID || list[0].Status != StatusActive || list[1].Status != StatusSuperseded {
			t.Errorf("%+v, %v", list, err)
		}
	})

	t.Run("what the newer notice asks for again is not carried over by granting something else", func(t *testing.T) {
		d := newDesk(t, v2)
		d.grant(t, app, TimelineRead)
		d = d.release(t, v3)
		d.grant(t, app, HistoryStore)
		if d.decide(t, app, TimelineRead).Allowed {
			t.Error("allowed without being asked")
		}
	})

	t.Run("a wrong notice, an unknown scope, none, or no client is refused and nothing is written", func(t *testing.T) {
		d := newDesk(t, v2)
		for name, c := range map[string]struct {
			change func(*Grant)
			want   error
		}{
			"an older notice":  {func(g *Grant) { g.NoticeVersion = v1 }, ErrNoticeOutdated},
			"a notice to come": {func(g *Grant) { g.NoticeVersion = v3 }, ErrNoticeOutdated},
			"no notice":        {func(g *Grant) { g.NoticeVersion = "" }, ErrNoticeOutdated},
			"unknown scope":    {func(g *Grant) { g.Scopes = []Scope{TimelineRead, "all"} }, ErrUnknownScope},
			"no scope":         {func(g *Grant) { g.Scopes = nil }, ErrNoScope},
			"no client":        {func(g *Grant) { g.Client = "" }, ErrUnknownClient},
		} {
			g := d.asking(app, TimelineRead)
			c.change(&g)
			if _, _, err := d.Grant(t.Context(), g); !errors.Is(err, c.want) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if len(d.store.log) != 0 {
			t.Errorf("%+v", d.store.log)
		}
	})

	t.Run("repeating an act under its key writes nothing, even after the notice changed", func(t *testing.T) {
		d := newDesk(t, v2)
		g := d.asking(app, TimelineRead)
		g.IdempotencyKey = "key"
		first, created, err := d.Grant(t.Context(), g)
		if err != nil || !created {
			t.Fatal(err)
		}
		d = d.release(t, v3)
		again, created, err := d.Grant(t.Context(), g)
		if err != nil || created || again.ID != first.ID || len(d.store.log) != 1 {
			t.Errorf("%+v, %v, %v", again, created, err)
		}
		other := g
		other.Citizen = bob
		other.NoticeVersion = v3
		if _, created, err := d.Grant(t.Context(), other); err != nil || !created {
			t.Errorf("another citizen's key: %v, %v", created, err)
		}
	})

	t.Run("a key that was used for something else is refused", func(t *testing.T) {
		d := newDesk(t, v2)
		g := d.asking(app, TimelineRead)
		g.IdempotencyKey = "key"
		if _, _, err := d.Grant(t.Context(), g); err != nil {
			t.Fatal(err)
		}
		for name, change := range map[string]func(*Grant){
			"another client": func(g *Grant) { g.Client = other },
			"more scopes":    func(g *Grant) { g.Scopes = []Scope{TimelineRead, HistoryStore} },
			"another notice": func(g *Grant) { g.NoticeVersion = v1 },
		} {
			h := g
			change(&h)
			if _, _, err := d.Grant(t.Context(), h); !errors.Is(err, ErrIdempotencyMismatch) {
				t.Errorf("%s: %v", name, err)
			}
		}
	})

	t.Run("what the store did not take is not believed", func(t *testing.T) {
		d := newDesk(t, v2)
		d.store.refuse = errors.New("disk full")
		if _, _, err := d.Grant(t.Context(), d.asking(app, TimelineRead)); !errors.Is(err, d.store.refuse) {
			t.Errorf("error %v", err)
		}
		if d.decide(t, app, TimelineRead).Allowed {
			t.Error("allowed")
		}
		d.store.refuse = ErrConflict
		if _, _, err := d.Grant(t.Context(), d.asking(app, TimelineRead)); !errors.Is(err, ErrConflict) {
			t.Errorf("error %v", err)
		}
	})

	t.Run("the caller's list of scopes stays as it was", func(t *testing.T) {
		d := newDesk(t, v2)
		scopes := []Scope{TimelineRead, HistoryStore}
		d.grant(t, app, scopes...)
		if !slices.Equal(scopes, []Scope{TimelineRead, HistoryStore}) {
			t.Error(scopes)
		}
	})
}

func TestWithdraw(t *testing.T) {
	t.Run("withdrawn consent allows nothing from the next request on", func(t *testing.T) {
		d := newDesk(t, v2)
		c := d.grant(t, app, TimelineRead)
		d.grant(t, other, TimelineRead)
		got, err := d.Withdraw(t.Context(), ann, c.ID, client.Web, "correlation")
		if err != nil || got.Status != StatusWithdrawn || got.WithdrawnAt == nil || !got.WithdrawnAt.Equal(start()) {
			t.Fatalf("%+v, %v", got, err)
		}
		if d.decide(t, app, TimelineRead).Reason != ReasonWithdrawn || !d.decide(t, other, TimelineRead).Allowed {
			t.Error("it holds for the wrong client")
		}
		if last := d.store.log[2]; last.Kind != audit.ConsentWithdrawn || last.Consent != c.ID {
			t.Errorf("%+v", last)
		}
	})

	t.Run("withdrawing twice is harmless and writes nothing new", func(t *testing.T) {
		d := newDesk(t, v2)
		c := d.grant(t, app, TimelineRead)
		for range 3 {
			if got, err := d.Withdraw(t.Context(), ann, c.ID, app, ""); err != nil || got.Status != StatusWithdrawn {
				t.Errorf("%+v, %v", got, err)
			}
		}
		if len(d.store.log) != 2 {
			t.Errorf("%d entries", len(d.store.log))
		}
	})

	t.Run("a repeated withdrawal does not reach the consent that was granted after it", func(t *testing.T) {
		d := newDesk(t, v2)
		c := d.grant(t, app, TimelineRead)
		for range 2 {
			if _, err := d.Withdraw(t.Context(), ann, c.ID, app, ""); err != nil {
				t.Fatal(err)
			}
			d.grant(t, app, TimelineRead)
		}
		if !d.decide(t, app, TimelineRead).Allowed {
			t.Error("withdrawn")
		}
	})

	t.Run("withdrawing from an older list ends the consent that took its place", func(t *testing.T) {
		d := newDesk(t, v2)
		old := d.grant(t, app, TimelineRead)
		d = d.release(t, v3)
		d.grant(t, app, TimelineRead)
		got, err := d.Withdraw(t.Context(), ann, old.ID, client.Web, "")
		if err != nil || got.ID == old.ID || got.Status != StatusWithdrawn {
			t.Errorf("%+v, %v", got, err)
		}
		if d.decide(t, app, TimelineRead).Allowed {
			t.Error("the client goes on")
		}
	})

	t.Run("an unknown consent, another citizen's and another client's are one and the same", func(t *testing.T) {
		d := newDesk(t, v2)
		c := d.grant(t, app, TimelineRead)
		for name, err := range map[string]error{
			"unknown":          second(d.Withdraw(t.Context(), ann, "consent-9", client.Web, "")),
			"another citizen":  second(d.Withdraw(t.Context(), bob, c.ID, client.Web, "")),
			"another client's": second(d.Withdraw(t.Context(), ann, c.ID, other, "")),
		} {
			if !errors.Is(err, ErrNoConsent) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if !d.decide(t, app, TimelineRead).Allowed {
			t.Error("withdrawn")
		}
	})
}

func second[T any](_ T, err error) error { return err }

func TestProjection(t *testing.T) {
	t.Run("a remembered citizen needs no read of the store", func(t *testing.T) {
		d := newDesk(t, v2)
		d.grant(t, app, TimelineRead)
		d.decide(t, app, TimelineRead)
		before := d.store.loads
		for range 10 {
			d.decide(t, app, TimelineRead)
			if _, err := d.List(t.Context(), ann); err != nil {
				t.Fatal(err)
			}
		}
		if d.store.loads != before {
			t.Errorf("%d loads", d.store.loads-before)
		}
	})

	t.Run("many concurrent callers load a citizen once", func(t *testing.T) {
		d := newDesk(t, v2)
		var wg sync.WaitGroup
		release := make(chan struct{})
		d.store.beforeLoad = func(citizen.Ref) { <-release }
		for range 20 {
			wg.Go(func() { d.decide(t, app, TimelineRead) })
		}
		close(release)
		wg.Wait()
		if d.store.loads > 2 { // one that began after the first had ended is not a fault
			t.Errorf("%d loads", d.store.loads)
		}
	})

	t.Run("a load that began before a withdrawal does not bring the consent back", func(t *testing.T) {
		d := newDesk(t, v2)
		c := d.grant(t, app, TimelineRead)
		d.ForgetAll()
		reading, goOn := make(chan struct{}), make(chan struct{})
		var begun atomic.Bool
		d.store.beforeLoad = func(citizen.Ref) {
			if begun.CompareAndSwap(false, true) { // only the first load is slow
				close(reading)
				<-goOn
			}
		}
		slow := make(chan Decision, 1)
		go func() { slow <- d.decide(t, app, TimelineRead) }()
		<-reading
		if _, err := d.Withdraw(t.Context(), ann, c.ID, client.Web, ""); err != nil {
			t.Fatal(err)
		}
		if d.decide(t, app, TimelineRead).Allowed {
			t.Error("allowed after the withdrawal")
		}
		close(goOn)
		<-slow
		if d.decide(t, app, TimelineRead).Allowed {
			t.Error("the slow load brought it back")
		}
	})

	t.Run("no more citizens are remembered than was said", func(t *testing.T) {
		d := newDesk(t, v2, func(d *Deps) { d.Remembered = 3 })
		for i := range 10 {
			if _, err := d.Decide(t.Context(), citizen.Ref(fmt.Sprint(i)), app, []Scope{TimelineRead}); err != nil {
				t.Fatal(err)
			}
			if n := d.known.byCitizen.Len(); n > 3 {
				t.Errorf("%d are remembered", n)
			}
		}
	})

	t.Run("what another process wrote is seen after forgetting", func(t *testing.T) {
		d := newDesk(t, v2)
		c := d.grant(t, app, TimelineRead)
		d.decide(t, app, TimelineRead)
		if _, err := d.release(t, v2).Withdraw(t.Context(), ann, c.ID, client.Web, ""); err != nil {
			t.Fatal(err)
		}
		d.ForgetAll()
		if d.decide(t, app, TimelineRead).Allowed {
			t.Error("allowed")
		}
	})

	t.Run("a caller who gives up while loading gets an error and no decision", func(t *testing.T) {
		d := newDesk(t, v2)
		goOn := make(chan struct{})
		defer close(goOn)
		d.store.beforeLoad = func(citizen.Ref) { <-goOn }
		ctx, giveUp := context.WithCancel(t.Context())
		giveUp()
		if got, err := d.Decide(ctx, ann, app, []Scope{TimelineRead}); !errors.Is(err, context.Canceled) || got.Allowed {
			t.Errorf("%+v, %v", got, err)
		}
	})
}

func TestNewLedgerNeedsItsParts(t *testing.T) {
	if _, err := NewLedger(Deps{}); err == nil {
		t.Error("it was made of nothing")
	}
}
