package panics_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/patient-care-aggregator/aggregator/internal/panics"
)

func TestAPanicBecomesAnErrorThatIsReportedOnce(t *testing.T) {
	var reports []*panics.Error
	h := panics.Handler(func(_ context.Context, e *panics.Error) { reports = append(reports, e) })
	var none []int
	err := h.Contain(t.Context(), "read a list", func() error { return errors.New(string(rune(none[len(none)]))) })

	var contained *panics.Error
	if !errors.As(err, &contained) || len(reports) != 1 || reports[0] != contained {
		t.Fatalf("error %v, reports %v", err, reports)
	}
	if contained.Place != "read a list" || !strings.Contains(contained.Cause, "index out of range") {
		t.Errorf("%+v", contained)
	}
	if !strings.Contains(contained.Stack, "TestAPanicBecomesAnErrorThatIsReportedOnce") {
		t.Errorf("the stack does not lead to the fault:\n%s", contained.Stack)
	}
}

func TestAPanicsValueIsNeverRepeated(t *testing.T) {
	const number = "9990000018"
	for _, value := range []any{"NHS number " + number, errors.New(number), []string{number}, struct{ Number string }{number}} {
		err := panics.Handler(nil).Contain(t.Context(), "test", func() error { panic(value) })
		var contained *panics.Error
		if !errors.As(err, &contained) {
			t.Fatalf("got %v", err)
		}
		if strings.Contains(err.Error()+contained.Cause+contained.Stack, number) {
			t.Errorf("repeats the value of type %T: %v", value, err)
		}
	}
}

func TestWithoutAPanicTheErrorIsTheOwn(t *testing.T) {
	own := errors.New("own")
	h := panics.Handler(func(context.Context, *panics.Error) { t.Error("reported") })
	for _, want := range []error{nil, own} {
		if err := h.Contain(t.Context(), "test", func() error { return want }); !errors.Is(err, want) {
			t.Errorf("got %v, want %v", err, want)
		}
	}
}
