//go:build linux

package replicas_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// load is what citizens ask while replicas are killed.
type load struct {
	f        *fleet
	mu       sync.Mutex
	shown    []string // correlation ids of answers with data
	odd      []string
	answers  atomic.Int64
	failures atomic.Int64 // connections that broke
}

// ask asks any replica; where nobody listens it asks the next, as a load balancer does.
func (l *load) ask(ctx context.Context, c *citizen, random *rand.Rand) {
	var status int
	var body []byte
	var id string
	err := error(syscall.ECONNREFUSED)
	for n := random.IntN(len(l.f.replicas)); errors.Is(err, syscall.ECONNREFUSED) && ctx.Err() == nil; n++ {
		status, body, id, err = c.ask(ctx, l.f.replicas[n%len(l.f.replicas)].address(), http.MethodGet, "/v1/timeline")
	}
	switch {
	case ctx.Err() != nil:
	case err != nil:
		l.failures.Add(1)
	default:
		l.answers.Add(1)
		l.mu.Lock()
		defer l.mu.Unlock()
		if status == http.StatusOK || status == http.StatusMultiStatus {
			l.shown = append(l.shown, id)
		} else if status != http.StatusForbidden {
			l.odd = append(l.odd, strconv.Itoa(status)+" "+string(body))
		}
	}
}

// PCA_REPLICA_KILLS is how often a replica is killed, one after the other, while citizens
// read their timelines; each time is followed by PCA_REPLICA_PAUSE of quiet (none).
func TestKilledReplicasLoseNothing(t *testing.T) {
	t.Parallel()
	kills, pause := 2, time.Duration(0)
	if n, err := strconv.Atoi(os.Getenv("PCA_REPLICA_KILLS")); err == nil {
		kills = n
	}
	if d, err := time.ParseDuration(os.Getenv("PCA_REPLICA_PAUSE")); err == nil {
		pause = d
	}
	f := begin(t, 3)
	var people []*citizen
	for _, name := range []string{"bella", "sunny", "bella", "sunny", "bella", "sunny", "bella", "sunny"} {
		people = append(people, f.citizen(name))
	}
	const rate = 200 // requests a second of all
	l := &load{f: f}
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for i := range 4 * len(people) {
		wg.Go(func() {
			random := rand.New(rand.NewPCG(3, uint64(i)))
			tick := time.NewTicker(time.Second * time.Duration(4*len(people)) / rate)
			defer tick.Stop()
			for ctx.Err() == nil {
				l.ask(ctx, people[i%len(people)], random)
				select {
				case <-tick.C:
				case <-ctx.Done():
				}
			}
		})
	}
	further := func(n int64) { // until so many more answers came
		for want := l.answers.Load() + n; l.answers.Load() < want; {
			wait, done := context.WithTimeout(ctx, 20*time.Millisecond)
			<-wait.Done()
			done()
		}
	}
	for i := range kills {
		further(100)
		r := f.replicas[i%len(f.replicas)]
		r.kill()
		further(50) // from those that are left
		r.run()
		further(50)
		quiet, done := context.WithTimeout(ctx, pause)
		<-quiet.Done()
		done()
	}
	// Her consent ends while everybody reads.
	bella := people[0]
	bella.answered(f.replicas[0].address(), http.MethodDelete, "/v1/consents/"+bella.consentID(f.URL), http.StatusNoContent)
	further(100)
	stop()
	wg.Wait()

	logged := f.whole()
	for _, id := range l.shown {
		if !logged[id] {
			t.Errorf("an answer with data is not in the log: %s", id)
		}
	}
	if len(l.odd) > 0 {
		t.Errorf("%d of %d answers were odd, the first %s", len(l.odd), l.answers.Load(), l.odd[0])
	}
	if failed, all := l.failures.Load(), l.answers.Load(); pause > 0 && 100*failed > all {
		t.Errorf("%d connections broke beside %d answers", failed, all)
	}
	t.Logf("%d answers, %d with data; %d connections broke in %d kills", l.answers.Load(), len(l.shown), l.failures.Load(), kills)
}
