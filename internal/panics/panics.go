package panics

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
)

// Error is a panic that was contained. Its text names the place and the type of
// the panic's value, never the value: it may hold a person's data.
type Error struct {
	Place string // where it was contained, such as "load reading"
	Cause string // a text of the Go runtime, or the type of the value
	Stack string // for the log only
}

// Error returns the place and the cause, without the stack.
func (e *Error) Error() string { return "panic in " + e.Place + ": " + e.Cause }

// Handler hears of each contained panic once, on the goroutine that panicked.
// It MUST be safe for concurrent use. A nil Handler reports nothing; panics are
// contained all the same.
type Handler func(ctx context.Context, e *Error)

// Contain runs do and returns its error. If do panics, the panic is reported to
// h and returned as an [*Error]. The place is a constant: it becomes a metric's
// label.
func (h Handler) Contain(ctx context.Context, place string, do func() error) (err error) {
	defer func() {
		value := recover()
		if value == nil {
			return
		}
		e := &Error{Place: place, Cause: causeOf(value), Stack: string(debug.Stack())}
		err = e
		if h != nil {
			h(ctx, e)
		}
	}()
	return do()
}

// causeOf describes a panic's value. The runtime's own errors hold types and
// sizes only; any other value is named by its type.
func causeOf(value any) string {
	if err, ok := value.(error); ok {
		var fault runtime.Error
		if errors.As(err, &fault) {
			return fault.Error()
		}
	}
	return fmt.Sprintf("value of type %T", value)
}
