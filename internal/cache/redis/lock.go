package redis

import (
	"context"
	"errors"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/patient-care-aggregator/aggregator/internal/cache"
	"github.com/patient-care-aggregator/aggregator/internal/keys"
)

const (
	// lockLife is how long a lock outlives a process that stopped, and renewal how
	// often a process that runs renews it.
	lockLife = 2 * time.Second
	renewal  = 500 * time.Millisecond
	// A process that waits looks again after shortestWait to longestWait, by chance, so
	// that those who wait do not look together.
	shortestWait = 20 * time.Millisecond
	longestWait  = 80 * time.Millisecond
)

// The scripts do something only while the lock has its owner's value: since that was
// looked up, another process may have it.
const (
	renew   = `if redis.call("get", KEYS[1]) == ARGV[1] then return redis.call("pexpire", KEYS[1], ARGV[2]) end return 0`
	release = `if redis.call("get", KEYS[1]) == ARGV[1] then return redis.call("del", KEYS[1]) end return 0`
	keep    = `if redis.call("get", KEYS[1]) == ARGV[1] then redis.call("set", KEYS[2], ARGV[2], "PX", ARGV[3]) return 1 end return 0`
)

// lock implements cache.Lock.
type lock[T any] struct {
	b     *Backend[T]
	key   string
	at    names
	name  string // of the lock itself
	value string // random: only its owner has it
	stop  context.CancelFunc
	ended chan struct{}
}

// Lock implements cache.Shared. The lock is renewed until it is released or ctx ends.
func (b *Backend[T]) Lock(ctx context.Context, key string, refresh bool) (cache.Lock[T], bool) {
	at := b.namesOf(key)[0]
	name := at.load
	if refresh {
		name = at.refresh
	}
	value := keys.RandomText(b.d.Random)
	got, err := b.d.Redis.SetNX(ctx, name, value, lockLife).Result()
	switch {
	case err != nil:
		b.d.Observe(b.d.Name, Local)
		return nil, false
	case !got:
		b.d.Observe(b.d.Name, Waited)
		wait(ctx, value)
		return nil, true
	}
	if refresh {
		b.d.Redis.Del(ctx, at.load) // a load that began before there was a reason to refresh must not land after it
	}
	renewing, stop := context.WithCancel(ctx) //nolint:gosec // Release calls it
	l := &lock[T]{b: b, key: key, at: at, name: name, value: value, stop: stop, ended: make(chan struct{})}
	go func() {
		defer close(l.ended)
		_ = b.d.Panics.Contain(renewing, "renew lock", func() error { l.renewed(renewing); return nil })
	}()
	return l, false
}

// wait waits a moment that chance decides.
func wait(ctx context.Context, chance string) {
	const letters = 32 // that a random text is made of
	step := (longestWait - shortestWait) / letters
	moment := time.NewTimer(shortestWait + time.Duration(chance[0]%letters)*step)
	defer moment.Stop()
	select {
	case <-moment.C:
	case <-ctx.Done():
	}
}

// renewed renews the lock until it has ended.
func (l *lock[T]) renewed(ctx context.Context) {
	every := time.NewTicker(renewal)
	defer every.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-every.C:
		}
		had, err := l.run(ctx, renew, []string{l.name}, l.value, lockLife.Milliseconds())
		if err == nil && !had {
			return // another process has it: Keep will see that
		}
	}
}

func (l *lock[T]) run(ctx context.Context, script string, names []string, values ...any) (done bool, err error) {
	n, err := goredis.NewScript(script).Run(ctx, l.b.d.Redis, names, values...).Int()
	return n != 0, err //nolint:wrapcheck // it is only looked at here
}

// Keep implements cache.Lock.
func (l *lock[T]) Keep(ctx context.Context, item cache.Item[T]) {
	lifetime := item.KeepUntil.Sub(item.FetchedAt)
	if lifetime <= 0 {
		l.b.Delete(ctx, l.key)
		return
	}
	box, err := l.b.seal(l.at.value, item)
	kept := false
	if err == nil {
		kept, err = l.run(ctx, keep, []string{l.name, l.at.value}, l.value, box, max(lifetime, time.Millisecond).Milliseconds())
	}
	if err == nil && !kept {
		l.b.d.Observe(l.b.d.Name, Overtaken)
		return
	}
	l.b.told(ctx, l.key, item, err)
}

// releaseTime bounds a release: after it the lock lapses by itself.
const releaseTime = 500 * time.Millisecond

// Release implements cache.Lock.
func (l *lock[T]) Release() {
	l.stop()
	<-l.ended
	ctx, cancel := context.WithTimeout(context.Background(), releaseTime) // even if the load used up its time
	defer cancel()
	if _, err := l.run(ctx, release, []string{l.name}, l.value); err != nil && !errors.Is(err, goredis.Nil) {
		l.b.d.Observe(l.b.d.Name, Local)
	}
}
