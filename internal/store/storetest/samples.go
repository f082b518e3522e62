package storetest

import (
	"context"
	"crypto/sha256"
	"math"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/client"
	"github.com/patient-care-aggregator/aggregator/internal/consent"
	"github.com/patient-care-aggregator/aggregator/internal/session"
	"github.com/patient-care-aggregator/aggregator/internal/store"
)

// noon is the time that the samples start from.
func noon() time.Time { return time.Date(2026, 11, 3, 12, 0, 0, 123456789, time.UTC) }

const (
	ann citizen.Ref = "ANNSPSEUDONYM"
	bob citizen.Ref = "BOBSPSEUDONYM"
	app client.ID   = "app-one"
)

// refused is an entry that shows nothing and needs no guard.
func refused(who citizen.Ref, at time.Time) audit.Entry {
	return audit.Entry{
		Kind: audit.DataRefused, At: at, Citizen: who, Client: app, Actor: audit.ActorCitizen,
		Purpose: "timeline", Outcome: audit.Refused, Reason: "withdrawn", Consent: "consent-1",
		Referrals: 2, ReferralsDigest: "digest-2", Digest: "digest-3", CorrelationID: "c0ffee00-0000-4000-8000-000000000001",
	}
}

// invalid is an entry that every log refuses.
func invalid() audit.Entry { return audit.Entry{Kind: audit.SignedIn} }

func hashOf(n int) [32]byte { return sha256.Sum256([]byte(strconv.Itoa(n))) }

func person(ref citizen.Ref, n int) citizen.Subject {
	return citizen.Subject{
		Ref: ref, Lookup: citizen.Lookup{KeyID: "k1", MAC: hashOf(n)},
		Sealed: []byte("sealed " + string(ref)), CreatedAt: noon(),
	}
}

// known makes citizens known, so that the log has lists about them.
func known(t *testing.T, s Stores, refs ...citizen.Ref) {
	t.Helper()
	for i, ref := range refs {
		_, err := s.Subjects.AddSubject(t.Context(), person(ref, 100+i))
		must(t, err)
	}
}

// listOf is the list of a citizen.
func listOf(t *testing.T, s Stores, ref citizen.Ref) audit.ListID {
	t.Helper()
	list, err := s.Log.ListOf(t.Context(), ref)
	must(t, err)
	return list
}

func erase(t *testing.T, s Stores, ref citizen.Ref) error {
	t.Helper()
	return s.Subjects.EraseSubject(t.Context(), ref, erasure(ref))
}

func erasure(ref citizen.Ref) audit.Entry {
	return audit.Entry{Kind: audit.Erased, At: noon(), Citizen: ref, Actor: audit.ActorOperator, Outcome: audit.Succeeded, Purpose: "erasure"}
}

func sessionOf(ref citizen.Ref, n int) session.Record {
	return session.Record{
		Hash: hashOf(n), Citizen: ref, Sealed: []byte{0, 1, 2, 255},
		CreatedAt: noon(), SeenAt: noon(), ExpiresAt: noon().Add(12 * time.Hour),
	}
}

func grant(ref citizen.Ref, seq int64) consent.Event {
	return consent.Event{
		Seq: seq, ID: "consent-" + strconv.FormatInt(seq, 10), Kind: consent.Granted, Citizen: ref, Client: app,
		Scopes: []consent.Scope{consent.HistoryStore, consent.TimelineRead}, Asked: []consent.Scope{consent.TimelineRead},
		Notice: "2026-11-01", NoticeDigest: "00ff", Language: "en", Channel: "web",
		At: noon(), ExpiresAt: noon().Add(time.Hour), IdempotencyKey: "key-" + strconv.FormatInt(seq, 10),
	}
}

// asRead is an entry as a log gives it back: without whom it is about.
func asRead(e audit.Entry) audit.Entry {
	e.Citizen = ""
	return e
}

// entries reads the whole log, which has to verify, without the lists.
func entries(t *testing.T, log store.Log) []audit.Entry {
	t.Helper()
	report, err := audit.Verify(t.Context(), log)
	if err != nil {
		t.Fatalf("the log does not verify: %v", err)
	}
	var out []audit.Entry
	for after := int64(math.MinInt64); ; {
		page, err := log.Records(t.Context(), after, 7)
		if err != nil {
			t.Fatal(err)
		}
		if len(page) == 0 {
			break
		}
		for _, r := range page {
			e, err := r.Entry()
			if err != nil {
				t.Fatal(err)
			}
			e.List, e.Number = audit.ListID{}, 0
			out = append(out, e)
			after = r.Seq
		}
	}
	if int64(len(out)) != report.Entries {
		t.Fatalf("%d entries were read, %d verified", len(out), report.Entries)
	}
	return out
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// race runs do on n goroutines at the same time and counts the successes.
func race(n int, do func(i int) error) (won int, errs []error) {
	var (
		wg    sync.WaitGroup
		mu    sync.Mutex
		start = make(chan struct{})
	)
	for i := range n {
		wg.Go(func() {
			<-start
			err := do(i)
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				won++
			} else {
				errs = append(errs, err)
			}
		})
	}
	close(start)
	wg.Wait()
	return won, errs
}

func ended(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return ctx
}
