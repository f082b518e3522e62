package app

import (
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/audit/checkpoint"
	"github.com/patient-care-aggregator/aggregator/internal/upstream"
)

// NFR-02 allows 10 s for the whole answer. All sources together get 9 s of it, and
// one request to e-RS 8 s, so that an older reading can still be used. The others
// are asked at the same time as e-RS, or for somebody who waits for a page.
const (
	sourcesTimeout = 9 * time.Second
	requestTimeout = 8 * time.Second
	signInTimeout  = 5 * time.Second
	sinkTimeout    = 4 * time.Second // both to read back and to publish, before the next try

	maxAnswer   = 8 << 20 // bytes of an answer of e-RS
	maxDocument = 1 << 20 // bytes of any other
)

// upstreams are the clients for everything that this service asks: nothing else
// leaves it.
type upstreams struct {
	token, ers, ods, login, staff, checkpointSink *upstream.Client
}

func (w *wiring) upstreams() upstreams {
	made := func(name string, timeout time.Duration, maxBytes int64) *upstream.Client {
		return upstream.NewClient(upstream.Options{
			Name: name, Timeout: timeout, MaxBytes: maxBytes, Observe: w.metrics.Upstream, Tracer: w.tracer, Now: w.o.Now,
		})
	}
	return upstreams{
		token:          made("api-platform token", signInTimeout, maxDocument),
		ers:            made("ers", requestTimeout, maxAnswer),
		ods:            made("ods", signInTimeout, maxDocument),
		login:          made("nhs-login", signInTimeout, maxDocument),
		staff:          made("staff", signInTimeout, maxDocument),
		checkpointSink: made("checkpoint-sink", sinkTimeout, checkpoint.MaxSinkAnswer),
	}
}

// closeIdle ends idle connections.
func (u upstreams) closeIdle() {
	for _, client := range []*upstream.Client{u.token, u.ers, u.ods, u.login, u.staff, u.checkpointSink} {
		client.Close()
	}
}
