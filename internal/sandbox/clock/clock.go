package clock

import (
	"sync/atomic"
	"time"
)

// Clock tells a given clock's time plus a shift. Safe for concurrent use.
type Clock struct {
	base  func() time.Time
	shift atomic.Int64 // nanoseconds
}

// New follows base without a shift.
func New(base func() time.Time) *Clock { return &Clock{base: base} }

// Now is the sandbox's time.
func (c *Clock) Now() time.Time { return c.base().Add(time.Duration(c.shift.Load())) }

// Advance moves the clock by d, backwards when d is negative.
func (c *Clock) Advance(d time.Duration) { c.shift.Add(int64(d)) }

// Set makes Now be t at this moment; the clock runs on from there.
func (c *Clock) Set(t time.Time) { c.shift.Store(int64(t.Sub(c.base()))) }

// Reset takes the shift away.
func (c *Clock) Reset() { c.shift.Store(0) }
