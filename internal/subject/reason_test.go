package subject_test

import (
	"strings"
	"testing"

	"github.com/patient-care-aggregator/aggregator/internal/subject"
	"github.com/patient-care-aggregator/aggregator/internal/subject/subjecttest"
)

func TestAReasonNeverHoldsANumberThatNamesAPerson(t *testing.T) {
	t.Parallel()
	for _, c := range subjecttest.Reasons() {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			got, err := subject.ParseReason(c.Text)
			if got.String() != c.Want || (err == nil) != (c.Want != "") || got.IsZero() != (err != nil) {
				t.Errorf("%q, %v", got, err)
			}
			if err != nil && strings.ContainsAny(err.Error(), "9") {
				t.Errorf("the error repeats the number: %v", err)
			}
		})
	}
}
