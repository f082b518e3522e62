package redis

import (
	"context"
	"errors"
	"net"
	"time"

	goredis "github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
	"github.com/sony/gobreaker/v2"
)

// How long Redis may take. With the library's own values a server that hangs held a
// request for three seconds.
const (
	dialTimeout = 200 * time.Millisecond
	waitTimeout = 100 * time.Millisecond // for an answer, for sending, and for a free connection

	// trips is how many failures in a row mean that Redis is lost, and pause how long
	// it is then not asked. After that one request tries.
	trips = 3
	pause = 2 * time.Second

	// idle is how long a connection is kept that nobody uses. After a cut each old one
	// fails once more: while Redis is not asked, they have to go.
	idle = 2 * pause
)

// ErrLost says that Redis failed just now and was not asked. Do without it.
var ErrLost = errors.New("redis is not asked because it failed just now")

// Outcome is how asking Redis ended, for the metrics.
type Outcome string

// The outcomes.
const (
	Answered Outcome = "answered"
	Failed   Outcome = "failed"
	NotAsked Outcome = "not-asked" // it failed just now
)

// Options are what a client needs; all are required.
type Options struct {
	URL string // which CheckURL accepts
	// Observe is called with each command and how it ended.
	Observe func(command string, o Outcome, took time.Duration)
	// Changed is called when Redis is lost and when it is back.
	Changed func(lost bool)
	Now     func() time.Time
}

// Open makes a client. Nothing is asked yet: a service starts without Redis too. The
// error is ErrURL. The caller MUST Close the client.
func Open(o Options) (*goredis.Client, error) {
	settings, err := parse(o.URL)
	if err != nil {
		return nil, err
	}
	settings.DialTimeout, settings.DialerRetries = dialTimeout, 1
	settings.ReadTimeout, settings.WriteTimeout, settings.PoolTimeout = waitTimeout, waitTimeout, waitTimeout
	settings.ConnMaxIdleTime = idle
	settings.MaxRetries = -1
	settings.ContextTimeoutEnabled = true
	settings.DisableIdentity = true // two commands less on each new connection
	settings.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	c := goredis.NewClient(settings)
	c.AddHook(&breaker{o: o, gate: gobreaker.NewTwoStepCircuitBreaker[any](gobreaker.Settings{
		Name: "redis", Timeout: pause,
		ReadyToTrip:  func(seen gobreaker.Counts) bool { return seen.ConsecutiveFailures >= trips },
		IsSuccessful: answered,
		IsExcluded:   func(err error) bool { return errors.Is(err, errCallerLeft) },
		OnStateChange: func(_ string, from, to gobreaker.State) {
			switch {
			case to == gobreaker.StateClosed:
				o.Changed(false)
			case to == gobreaker.StateOpen && from == gobreaker.StateClosed:
				o.Changed(true)
			}
		},
	})})
	return c, nil
}

// Silence has the library write no lines of its own, which are plain text on standard
// error: Observe and Changed say the same. It is for the whole process, and MUST be
// called before the first Open.
func Silence() { goredis.SetLogger(quiet{}) }

type quiet struct{}

// Printf implements what goredis.SetLogger takes.
func (quiet) Printf(context.Context, string, ...any) {}

// errCallerLeft stands for the error of a command whose caller gave up: it says nothing
// of Redis.
var errCallerLeft = errors.New("the caller left")

// answered reports whether Redis answered, if only that there is no such key or that
// it does not accept the command.
func answered(err error) bool {
	var reply goredis.Error
	return err == nil || errors.Is(err, goredis.Nil) || errors.As(err, &reply)
}

// breaker is in front of every command of a client (goredis.Hook).
type breaker struct {
	o    Options
	gate *gobreaker.TwoStepCircuitBreaker[any]
}

// DialHook implements goredis.Hook.
func (b *breaker) DialHook(next goredis.DialHook) goredis.DialHook {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		return next(ctx, network, address)
	}
}

// ProcessHook implements goredis.Hook.
func (b *breaker) ProcessHook(next goredis.ProcessHook) goredis.ProcessHook {
	return func(ctx context.Context, command goredis.Cmder) error {
		err := b.ask(ctx, command.Name(), func(ctx context.Context) error { return next(ctx, command) })
		if err != nil && command.Err() == nil {
			command.SetErr(err)
		}
		return err
	}
}

// ProcessPipelineHook implements goredis.Hook.
func (b *breaker) ProcessPipelineHook(next goredis.ProcessPipelineHook) goredis.ProcessPipelineHook {
	return func(ctx context.Context, commands []goredis.Cmder) error {
		err := b.ask(ctx, "pipeline", func(ctx context.Context) error { return next(ctx, commands) })
		if errors.Is(err, ErrLost) {
			for _, command := range commands {
				command.SetErr(err)
			}
		}
		return err
	}
}

// asking marks the context of a command that was let through. What greets a new
// connection is sent within it, and is no request of its own.
type asking struct{}

func (b *breaker) ask(ctx context.Context, command string, next func(context.Context) error) error {
	if ctx.Value(asking{}) != nil {
		return next(ctx)
	}
	done, err := b.gate.Allow()
	if err != nil {
		b.o.Observe(command, NotAsked, 0)
		return ErrLost
	}
	// A panic must not leave the gate waiting for an outcome.
	outcome := errors.New("panic")
	defer func() { done(outcome) }()
	began := b.o.Now()
	err = next(context.WithValue(ctx, asking{}, true))
	outcome = err
	switch {
	case answered(err):
		b.o.Observe(command, Answered, b.o.Now().Sub(began))
	case ctx.Err() != nil:
		outcome = errCallerLeft
	default:
		b.o.Observe(command, Failed, b.o.Now().Sub(began))
	}
	return err
}
