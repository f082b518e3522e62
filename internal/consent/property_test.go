package consent

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/patient-care-aggregator/aggregator/internal/client"
)

// allowed is what a citizen with a pencil would write down about one client.
type allowed struct {
	notice  string
	scopes  map[Scope]bool
	expires time.Time
}

// Two devices of one citizen act in any order, from lists that may be out of
// date, while time passes and notices change. Each answer has to be the one of a
// model that does not use events, and every ledger over the same store, warm
// or new, has to return it.
func TestAnySequenceOfActs(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		desks := []desk{newDesk(t, v1)}
		desks = append(desks, desks[0].release(t, v1))
		// Both remember; neither is told of the other's acts, as two devices on one
		// server share a ledger, and two servers drop what they remember.
		var (
			version = v1
			model   = map[client.ID]*allowed{}
			listed  = [2][]Consent{}
			now     = desks[0].now
		)
		since := func() map[Scope]string { return desks[0].d.Notices.InForce().HoldsSince }
		holds := func(id client.ID, s Scope) bool {
			a := model[id]
			at, covered := since()[s]
			return a != nil && now.Before(a.expires) && a.scopes[s] && covered && a.notice >= at
		}
		clients := rapid.SampledFrom([]client.ID{app, other})
		scopes := rapid.SliceOfNDistinct(rapid.SampledFrom([]Scope{TimelineRead, HistoryStore}), 1, 2, func(s Scope) Scope { return s })
		device := rapid.IntRange(0, 1)

		rt.Repeat(map[string]func(*rapid.T){
			"time passes": func(rt *rapid.T) {
				*now = now.Add(time.Duration(rapid.IntRange(1, 200).Draw(rt, "days")) * 24 * time.Hour)
			},
			"a notice is released": func(rt *rapid.T) {
				if version == v3 {
					rt.Skip("there is no newer one")
				}
				version = map[string]string{v1: v2, v2: v3}[version]
				for i := range desks {
					desks[i] = desks[i].release(t, version)
				}
			},
			"a device lists": func(rt *rapid.T) {
				n := device.Draw(rt, "device")
				desks[n].ForgetAll()
				list, err := desks[n].List(rt.Context(), ann)
				if err != nil {
					rt.Fatal(err)
				}
				listed[n] = list
				active := map[client.ID]int{}
				for _, c := range list {
					if c.Status == StatusActive {
						active[c.Client]++
					}
				}
				for id, count := range active {
					if count > 1 {
						rt.Fatalf("%d consents of %s are active", count, id)
					}
				}
			},
			"a device grants": func(rt *rapid.T) {
				n, id, asked := device.Draw(rt, "device"), clients.Draw(rt, "client"), scopes.Draw(rt, "scopes")
				shown := rapid.SampledFrom([]string{version, version, v1}).Draw(rt, "notice")
				g := desks[n].asking(id, asked...)
				g.NoticeVersion = shown
				before := len(desks[0].store.log)
				_, _, err := desks[n].Grant(rt.Context(), g)
				known := !slices.ContainsFunc(asked, func(s Scope) bool { return since()[s] == "" })
				switch {
				case shown != version:
					if !errors.Is(err, ErrNoticeOutdated) {
						rt.Fatalf("granted under %s: %v", shown, err)
					}
				case !known:
					if !errors.Is(err, ErrUnknownScope) {
						rt.Fatalf("granted %v: %v", asked, err)
					}
				case err != nil:
					rt.Fatal(err)
				}
				if err != nil {
					if len(desks[0].store.log) != before {
						rt.Fatal("a refused grant was logged")
					}
					return
				}
				a := &allowed{notice: version, scopes: map[Scope]bool{}, expires: now.Add(DefaultLife)}
				for _, s := range asked {
					a.scopes[s] = true
				}
				for _, s := range []Scope{TimelineRead, HistoryStore} {
					if !a.scopes[s] && holds(id, s) {
						a.scopes[s] = true
						if model[id].expires.Before(a.expires) {
							a.expires = model[id].expires
						}
					}
				}
				model[id] = a
			},
			"a device withdraws from its list": func(rt *rapid.T) {
				n := device.Draw(rt, "device")
				if len(listed[n]) == 0 {
					rt.Skip("it shows nothing")
				}
				c := rapid.SampledFrom(listed[n]).Draw(rt, "consent")
				desks[n].ForgetAll()
				before, err := desks[n].find(rt.Context(), ann, c.ID)
				if err != nil {
					rt.Fatal(err)
				}
				if _, err := desks[n].Withdraw(rt.Context(), ann, c.ID, client.Web, ""); err != nil {
					rt.Fatal(err)
				}
				if before.Status != StatusWithdrawn {
					delete(model, c.Client)
				}
			},
			"": func(rt *rapid.T) {
				desks[0].ForgetAll()
				desks[1].ForgetAll()
				fresh := desks[0].release(t, version)
				for _, id := range []client.ID{app, other} {
					for _, asked := range [][]Scope{{TimelineRead}, {HistoryStore}, {TimelineRead, HistoryStore}} {
						var missing []Scope
						for _, s := range asked {
							if !holds(id, s) {
								missing = append(missing, s)
							}
						}
						for _, d := range []desk{desks[0], desks[1], desks[0], fresh} {
							got, err := d.Decide(rt.Context(), ann, id, asked)
							if err != nil {
								rt.Fatal(err)
							}
							if got.Allowed != (len(missing) == 0) || !slices.Equal(got.Missing, missing) || got.Allowed != (got.Reason == "") {
								rt.Fatalf("%s asks %v: %+v, missing %v", id, asked, got, missing)
							}
						}
					}
				}
				events := desks[0].store.events[ann]
				if len(events) != len(desks[0].store.log) {
					rt.Fatalf("%d events, %d entries", len(events), len(desks[0].store.log))
				}
				for i, e := range events {
					if e.Seq != int64(i+1) || e.Digest() != desks[0].store.log[i].Digest {
						rt.Fatalf("event %d does not agree with the log", i+1)
					}
				}
			},
		})
	})
}

// Many devices at once on one ledger: whatever came last holds, and no answer
// after a withdrawal allows what was withdrawn.
func TestActsSideBySide(t *testing.T) {
	d := newDesk(t, v2)
	var ids sync.Map
	d.d.NewID = func() string {
		for i := 0; ; i++ {
			if _, taken := ids.LoadOrStore(i, true); !taken {
				return fmt.Sprint("consent-", i)
			}
		}
	}
	var acts atomic.Int64 // an act every five minutes: nobody has to wait
	d.d.Now = func() time.Time { return start().Add(time.Duration(acts.Add(1)) * 5 * time.Minute) }
	const devices, turns = 8, 30
	var wg sync.WaitGroup
	for n := range devices {
		id := client.ID(fmt.Sprint("app-", n)) // its own client, the same citizen: every act contends
		wg.Go(func() {
			for range turns {
				c, _, err := d.Grant(t.Context(), d.asking(id, TimelineRead))
				for errors.Is(err, ErrConflict) {
					c, _, err = d.Grant(t.Context(), d.asking(id, TimelineRead))
				}
				if err != nil {
					t.Error(err)
					return
				}
				if !d.decide(t, id, TimelineRead).Allowed {
					t.Error("not allowed after the grant")
				}
				_, err = d.Withdraw(t.Context(), ann, c.ID, client.Web, "")
				for errors.Is(err, ErrConflict) {
					_, err = d.Withdraw(t.Context(), ann, c.ID, client.Web, "")
				}
				if err != nil {
					t.Error(err)
					return
				}
				if d.decide(t, id, TimelineRead).Allowed {
					t.Error("allowed after the withdrawal")
				}
			}
		})
		wg.Go(func() {
			for range turns {
				d.ForgetAll() // as foreign writes would have it
				d.decide(t, id, TimelineRead)
			}
		})
	}
	wg.Wait()
	if n := len(d.store.log); n != devices*turns*2 {
		t.Errorf("%d acts are logged", n)
	}
}
