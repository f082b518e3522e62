package sandbox_test

import (
	"net/http"
	"testing"

	"github.com/patient-care-aggregator/aggregator/internal/sandbox"
)

// BenchmarkReferrals asks A001 over HTTP from as many clients as there are
// processors. It fails below 500 requests a second.
func BenchmarkReferrals(b *testing.B) {
	a := newService(b)
	token := a.accessToken("bella")
	target, headers := a.referralsURL(a.nhsNumber("bella")), a.ersHeaders(token)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			res, err := a.try(http.MethodGet, target, nil, headers...)
			if err != nil || res.status != http.StatusOK {
				b.Errorf("%d %v", res.status, err)
				return
			}
		}
	})
	b.StopTimer()
	perSecond := float64(b.N) / b.Elapsed().Seconds()
	b.ReportMetric(perSecond, "requests/s")
	const least, enoughToTell = 500, 500
	if b.N >= enoughToTell && perSecond < least {
		b.Errorf("%.0f requests a second, fewer than %d", perSecond, least)
	}
}

// BenchmarkStart is what a test pays for a sandbox of its own.
func BenchmarkStart(b *testing.B) {
	for b.Loop() {
		s, err := sandbox.Start(b.Context(), sandbox.Options{Now: morning})
		if err != nil {
			b.Fatal(err)
		}
		s.Close()
	}
}
