package sandbox

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/sandbox/ers"
	"github.com/patient-care-aggregator/aggregator/internal/sandbox/registry"
)

// ErrNotLoopback says that the address could be reached by others. The sandbox
// never listens there.
var ErrNotLoopback = errors.New("the sandbox listens on loopback only")

// Addresses.
const (
	anyPort = "127.0.0.1:0"
	// FixedAddr is where a sandbox that runs by itself listens by default.
	FixedAddr = "127.0.0.1:9700"
)

const defaultRecord = 1000

// Limits are e-RS's spike arrest and quota for each application.
type Limits = ers.Limits

// Options of a sandbox. Now is required; the rest has defaults.
type Options struct {
	Now    func() time.Time // the clock that the sandbox's own follows
	Seed   int64            // of ids, codes, tokens and shares of faults
	Logger *slog.Logger     // nil: silent
	Addr   string           // host:port on loopback; empty for a free port of 127.0.0.1

	AdvertisePKCE bool   // NHS login's discovery lists S256, which the true one does not promise
	Limits        Limits // of e-RS; zero for 600 a minute
	Record        int    // how many requests are remembered; 0 for 1,000
	// Citizens is a folder of further people in the form of citizens/people; nil
	// for none. One of the same name replaces the sandbox's own.
	Citizens fs.FS
}

func (o *Options) complete() error {
	if o.Now == nil {
		return errors.New("sandbox options: Now is missing")
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Addr == "" {
		o.Addr = anyPort
	}
	if o.Record <= 0 {
		o.Record = defaultRecord
	}
	host, _, err := net.SplitHostPort(o.Addr)
	if err != nil {
		return fmt.Errorf("sandbox options: address: %w", err)
	}
	if !registry.Loopback(host) {
		return fmt.Errorf("sandbox options: %w: %s", ErrNotLoopback, o.Addr)
	}
	return nil
}
