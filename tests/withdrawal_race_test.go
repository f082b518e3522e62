package tests_test

import (
	"net/http"
	"sync"
	"testing"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/tests/harness"
)

// Reads run during the withdrawal of their consent, again and again. Whichever
// comes first, no data may come after the withdrawal in the log, and every
// answer is either whole or refused for its consent.
func TestNoDataIsReleasedBehindTheWithdrawalOfItsConsent(t *testing.T) {
	t.Parallel()
	const rounds, readers = 5, 6
	paths := []string{"/v1/timeline", "/v1/referrals", "/v1/appointments", "/timeline"}
	s := harness.Start(t)
	b := s.SignedIn("sunny")
	for range rounds {
		id := harness.Read[consentView](t, b.Consent().Body).ID
		harness.Answered(t, b.Get("/v1/timeline"), http.StatusOK)
		begin := make(chan struct{})
		var wg sync.WaitGroup
		for i := range readers {
			wg.Go(func() {
				<-begin
				for n := range 3 {
					path := paths[(i+n)%len(paths)]
					a, err := b.DoOnce(t.Context(), http.MethodGet, path, nil)
					if err != nil {
						t.Error(err)
						return
					}
					switch a.Status {
					case http.StatusOK, http.StatusForbidden, http.StatusSeeOther: // pages send to the consent page
					default:
						t.Errorf("%s: status %d: %s", path, a.Status, a.Body)
					}
				}
			})
		}
		close(begin)
		harness.Answered(t, b.Delete("/v1/consents/"+id), http.StatusNoContent)
		wg.Wait()
	}
	withdrawn, shown := map[string]bool{}, 0
	for _, e := range entriesOf(s, audit.ConsentWithdrawn, audit.DataReleased) {
		switch {
		case e.Kind == audit.ConsentWithdrawn:
			withdrawn[e.Consent] = true
		case withdrawn[e.Consent]:
			t.Errorf("%s was released behind the withdrawal of its consent", e.Purpose)
		default:
			shown++
		}
	}
	if len(withdrawn) != rounds || shown < rounds {
		t.Errorf("%d withdrawals and %d releases are in the log", len(withdrawn), shown)
	}
}
