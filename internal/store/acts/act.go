package acts

import (
	"fmt"
	"sync/atomic"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
)

// Act is what one caller wants written. A store embeds it, with the changes that go with
// the entries.
type Act struct {
	Entries  []*audit.Prepared
	ByItself bool // shares its transaction with no other act
	state    atomic.Int32
	done     chan Outcome // holds one
}

// The states of an act. It leaves the state waiting once.
const (
	waiting int32 = iota
	taken         // the writer has it: its outcome is the transaction's
	givenUp       // the caller has left: it will never be written
)

// Outcome is what became of an act.
type Outcome struct {
	First int64 // sequence number of the first entry
	Err   error
}

// New is an act that writes entries. The caller's goroutine encodes them, to keep the
// writer free. An error says what is wrong with an entry.
func New(entries ...audit.Entry) (*Act, error) {
	a := &Act{done: make(chan Outcome, 1)}
	return a, a.Write(entries...)
}

// Write replaces the entries. After the act was submitted only the writer may call it.
func (a *Act) Write(entries ...audit.Entry) error {
	a.Entries = make([]*audit.Prepared, len(entries))
	for i, e := range entries {
		p, err := audit.Prepare(e)
		if err != nil {
			return fmt.Errorf("entry %d: %w", i, err)
		}
		a.Entries[i] = p
	}
	return nil
}

// Finish tells the caller what became of the act. The writer calls it once.
func (a *Act) Finish(o Outcome) { a.done <- o }

// Queued makes what embeds an Act a [Queued].
func (a *Act) Queued() *Act { return a }

// Queued is what embeds an [Act].
type Queued interface{ Queued() *Act }

// Wanted takes those acts whose callers still wait, and from then on the outcome is the
// transaction's. It uses the memory of acts.
func Wanted[A Queued](acts []A) []A {
	kept := acts[:0]
	for _, a := range acts {
		if a.Queued().state.CompareAndSwap(waiting, taken) {
			kept = append(kept, a)
		}
	}
	return kept
}

// Together is how many of the first acts may share one transaction.
func Together[A Queued](acts []A) int {
	n := min(1, len(acts))
	for n < len(acts) && !acts[0].Queued().ByItself && !acts[n].Queued().ByItself {
		n++
	}
	return n
}
