package session_test

import (
	"sync"
	"testing"
	"time"
)

// Each round writes down the use of the round before, without which the session
// would be over, while others look for it.
func TestASessionInUseLivesWhileItsUseIsWrittenDown(t *testing.T) {
	w := newWorld(t)
	secret, _ := w.start(t)
	for range int(most/idle) - 1 {
		if !w.lives(t, secret) {
			t.Fatal("over")
		}
		w.pass(idle - time.Minute)
		var all sync.WaitGroup
		all.Go(func() {
			if err := w.Tidy(t.Context()); err != nil {
				t.Error(err)
			}
		})
		for range 8 {
			all.Go(func() {
				if !w.peeks(t, secret) {
					t.Error("over while its use was written down")
				}
			})
		}
		all.Wait()
	}
}
