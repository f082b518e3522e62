package jwt

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"
)

func FuzzRead(f *testing.F) {
	for _, seed := range []string{"", "a.b.c", "e30.e30.e30", "e30.e30.", "bnVsbA.e30.e30", "eyJhbGciOjF9.eyJleHAiOiJ4In0.e30"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		token, err := Read(raw)
		if err != nil {
			if !errors.Is(err, ErrMalformed) {
				t.Errorf("%v", err)
			}
			return
		}
		if token.Header == nil || token.Claims == nil || strings.Count(raw, ".") != 2 {
			t.Errorf("%q was read as a token", raw)
		}
		_, _ = Time(token.Claims, "exp")
		_ = Audience(token.Claims)
	})
}

func TestAnIDIsUsedOnceWhoeverRaces(t *testing.T) {
	var once Once
	now := time.Unix(0, 0)
	var work sync.WaitGroup
	var mu sync.Mutex
	won := 0
	for range 20 {
		work.Go(func() {
			if once.Use("id", now, now.Add(time.Minute)) {
				mu.Lock()
				won++
				mu.Unlock()
			}
		})
	}
	work.Wait()
	if won != 1 {
		t.Errorf("%d won", won)
	}
}

func TestForgottenIDsMakeRoom(t *testing.T) {
	var once Once
	at := time.Unix(0, 0)
	for i := range 3 * sweepEvery {
		at = at.Add(time.Second)
		once.Use(at.String()+string(rune(i)), at, at.Add(time.Second))
	}
	if len(once.seen) > sweepEvery {
		t.Errorf("%d are remembered", len(once.seen))
	}
}
