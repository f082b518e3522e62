//go:build linux

package replicas_test

import (
	"context"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// TestCapacity measures how many timelines a second replicas answer that have the readings
// in memory, beside a handler that only writes as many bytes: docs/capacity.md has what it
// printed. It runs where PCA_CAPACITY is how long each part takes, such as 5s.
func TestCapacity(t *testing.T) {
	each, err := time.ParseDuration(os.Getenv("PCA_CAPACITY"))
	if err != nil {
		t.Skip("it measures where PCA_CAPACITY is set")
	}
	const connections = 64
	rate := func(f *fleet, at []*replica) float64 {
		var people []*citizen
		for range 8 {
			people = append(people, f.citizen("bella"))
		}
		for _, r := range at { // into its memory
			_, _, _, _ = people[0].ask(t.Context(), r.address(), http.MethodGet, "/v1/timeline")
		}
		ctx, stop := context.WithTimeout(t.Context(), each)
		defer stop()
		var answers atomic.Int64
		var wg sync.WaitGroup
		for i := range connections {
			wg.Go(func() {
				for ctx.Err() == nil {
					status, body, _, err := people[i%len(people)].ask(ctx, at[i%len(at)].address(), http.MethodGet, "/v1/timeline")
					if err == nil && status == http.StatusOK {
						answers.Add(1)
					} else if ctx.Err() == nil {
						t.Errorf("status %d, %v: %s", status, err, body)
						return
					}
				}
			})
		}
		wg.Wait()
		return float64(answers.Load()) / each.Seconds()
	}
	// One process on a file: begin would put it on PostgreSQL. Its own service has the file,
	// so that is the one that is asked.
	file := beginOn(t, 0)
	file.replicas = append(file.replicas, &replica{t: t, f: file, url: file.URL})
	server := begin(t, 3)
	idle := server.add(bare)
	for range 3 {
		b := rate(server, []*replica{idle})
		one := rate(server, server.replicas[:1])
		three := rate(server, server.replicas[:3])
		here := rate(file, file.replicas[:1])
		t.Logf("a second: bare %.0f; PostgreSQL, one replica %.0f (%.2f of bare), three %.0f (%.2f); SQLite %.0f (%.2f)", b, one, one/b, three, three/b, here, here/b)
	}
}
