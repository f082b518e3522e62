package kit

import (
	"sync/atomic"
	"time"
)

// Clock is the sandbox's own time: another clock plus a shift, so that a test can
// let an appointment pass or a token expire without waiting. It is safe for
// concurrent use.
type Clock struct {
	base  func() time.Time
	shift atomic.Int64 // nanoseconds
}

// NewClock follows base without a shift.
func NewClock(base func() time.Time) *Clock { return &Clock{base: base} }

// Now is the sandbox's time.
func (c *Clock) Now() time.Time { return c.base().Add(time.Duration(c.shift.Load())) }

// Advance moves the clock by d, backwards when d is negative.
func (c *Clock) Advance(d time.Duration) { c.shift.Add(int64(d)) }

// Set changes the time to t; the clock continues from there.
func (c *Clock) Set(t time.Time) { c.shift.Store(int64(t.Sub(c.base()))) }

// Reset removes the shift.
func (c *Clock) Reset() { c.shift.Store(0) }
