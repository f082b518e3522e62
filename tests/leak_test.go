package tests_test

import (
	"bytes"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/patient-care-aggregator/aggregator/internal/sandbox"
	"github.com/patient-care-aggregator/aggregator/tests/harness"
)

// assertSilent looks everywhere.
func (s *spied) assertSilent() {
	s.T.Helper()
	s.learn()
	personal := []string{"NHS number", "name", "date of birth", "booking reference", "clinical word", "label"}
	secret := []string{"token", "cookie", "key", "sign-in secret"}
	everything := append(append([]string{}, personal...), secret...)
	for _, what := range append(append([]string{}, personal[:3]...), "token", "cookie", "key") {
		if len(s.known[what]) == 0 {
			s.T.Errorf("no %s is known, so nothing would be found", what)
		}
	}
	none := func(place string, content []byte, random bool, sorts ...string) {
		s.T.Helper()
		if len(content) == 0 {
			s.T.Errorf("%s: nothing is there to look at", place)
		}
		for _, leak := range s.known.leaks(content, random, sorts...) {
			s.T.Errorf("%s: %s", place, leak)
		}
	}
	none("log", s.logs.Bytes(), false, everything...)
	none("spans", fmt.Appendf(nil, "%+v", s.spans.GetSpans().Snapshots()), false, everything...)
	none("spans", spanTexts(s.spans.GetSpans()), false, everything...)
	metrics := s.Browser().Get(s.AdminURL + "/metrics")
	none("metrics", metrics.Body, false, everything...)
	// Citizens see their own booking references and clinical words, and their
	// browsers get the secrets of signing in: nothing else.
	none("answers", s.answers.Bytes(), true, "NHS number", "name", "date of birth", "label", "key")
	s.files(func(name string, content []byte) {
		none("file "+name, content, true, everything...)
		none("name of "+name, []byte(name), false, everything...)
	})
}

// files reads the database's files as bytes.
func (s *spied) files(look func(name string, content []byte)) {
	s.T.Helper()
	err := filepath.WalkDir(s.DataDir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(path, ".key") {
			return err
		}
		content, err := os.ReadFile(path)
		if err == nil && len(content) > 0 {
			look(d.Name(), content)
		}
		return err
	})
	if err != nil {
		s.T.Fatal(err)
	}
}

// spanTexts is all that an exporter would send on.
func spanTexts(spans tracetest.SpanStubs) []byte {
	var b bytes.Buffer
	for _, span := range spans {
		fmt.Fprintln(&b, span.Name, span.Status.Description)
		for _, a := range span.Attributes {
			fmt.Fprintln(&b, a.Key, a.Value.String())
		}
		for _, e := range span.Events {
			fmt.Fprintln(&b, e.Name)
			for _, a := range e.Attributes {
				fmt.Fprintln(&b, a.Key, a.Value.String())
			}
		}
	}
	return b.Bytes()
}

func TestNothingOfAnybodyLeaks(t *testing.T) {
	t.Parallel()
	s := spy(t)
	statuses := map[int]int{}
	for _, c := range s.Sandbox.Citizens() {
		statuses[s.journey(c.Name)]++
	}
	// Citizens who are refused, and one whose answer has another person's data.
	const turnedAway = 7
	if seen := statuses[http.StatusOK] + statuses[http.StatusMultiStatus]; seen != len(s.Sandbox.Citizens())-turnedAway {
		t.Errorf("too few citizens saw a timeline for this test to mean anything: %v", statuses)
	}
	s.assertSilent()
}

func TestNothingLeaksWhenTheNHSMisbehaves(t *testing.T) {
	t.Parallel()
	s := spy(t)
	s.journey("sunny") // what is shown while all is well
	for _, f := range []sandbox.Fault{
		{Kind: sandbox.Status, Status: 400},
		{Kind: sandbox.Status, Status: 403},
		{Kind: sandbox.Status, Status: 500},
		{Kind: sandbox.Throttled},
		{Kind: sandbox.HTML502},
		{Kind: sandbox.Malformed},
		{Kind: sandbox.Truncated},
		{Kind: sandbox.Empty},
		{Kind: sandbox.OtherResource},
		{Kind: sandbox.Cut},
		{Kind: sandbox.WrongContentType},
		{Kind: sandbox.StringNumbers},
		{Kind: sandbox.StringArrays},
	} {
		for _, u := range []sandbox.Upstream{sandbox.NHSLogin, sandbox.Platform, sandbox.ERS, sandbox.ODS} {
			f.Upstream = u
			if u == sandbox.NHSLogin {
				f.Operation = "token"
			} else {
				f.Operation = ""
			}
			cancel := s.Sandbox.Order(f)
			s.journey("sunny")
			cancel()
		}
	}
	for _, kind := range []sandbox.Kind{
		sandbox.WrongNonce, sandbox.WrongAudience, sandbox.WrongIssuer, sandbox.ExpiredToken, sandbox.TokenRevoked, sandbox.RotatedKey,
	} {
		cancel := s.Sandbox.Order(sandbox.Fault{Kind: kind})
		s.journey("sunny")
		cancel()
	}
	for _, name := range []string{"olive", "gus", "orla", "una", "sid", "greta"} {
		s.journey(name)
	}
	if status := s.journey("sunny"); status != http.StatusOK {
		t.Errorf("with all well again: status %d", status)
	}
	s.assertSilent()
}

func TestNothingLeaksWhenNobodyAnswersAtAll(t *testing.T) {
	t.Parallel()
	closed := "http://" + closedPort(t)
	for name, setting := range map[string]string{"e-RS": "PCA_ERS_BASE_URL", "ODS": "PCA_ODS_BASE_URL", "token endpoint": "PCA_API_PLATFORM_TOKEN_URL"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := spy(t, harness.Env(setting, closed))
			s.journey("sunny")
			s.assertSilent()
		})
	}
}

// closedPort is an address where nobody listens.
func closedPort(t *testing.T) string {
	t.Helper()
	var c net.ListenConfig
	l, err := c.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close() //nolint:errcheck // it is to be closed, and is
	return l.Addr().String()
}
