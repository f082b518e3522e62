package harness

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/patient-care-aggregator/aggregator/internal/clocktest"
	"github.com/patient-care-aggregator/aggregator/internal/jose"
	"github.com/patient-care-aggregator/aggregator/internal/local"
	"github.com/patient-care-aggregator/aggregator/internal/sandbox"
	"github.com/patient-care-aggregator/aggregator/internal/store/postgrestest"
	"github.com/patient-care-aggregator/aggregator/tests/contract"
)

// Service is a running service with its sandbox. Both follow one clock.
type Service struct {
	*local.Stack

	T     *testing.T
	Clock *clocktest.Clock
}

// Start runs a service until the test ends. Each change edits its options.
func Start(t *testing.T, change ...func(*local.Options)) *Service {
	t.Helper()
	s := &Service{T: t, Clock: clocktest.New()}
	o := local.Options{Now: s.Clock.Now, DataDir: DataDir(t), Version: "v0.0.0-test"}
	for _, c := range change {
		c(&o)
	}
	OnChosenDatabase(t)(&o)
	var err error
	if s.Stack, err = local.Start(context.WithoutCancel(t.Context()), o); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Stop)
	return s
}

// Env adds to the service's environment: names and values in turn.
func Env(pairs ...string) func(*local.Options) {
	return func(o *local.Options) {
		if o.Env == nil {
			o.Env = map[string]string{}
		}
		for i := 0; i+1 < len(pairs); i += 2 {
			o.Env[pairs[i]] = pairs[i+1]
		}
	}
}

// OnChosenDatabase has the service keep its data in PostgreSQL where PCA_TEST_DATABASE is
// postgres, so that all tests can be run on either store.
func OnChosenDatabase(t *testing.T) func(*local.Options) {
	return func(o *local.Options) {
		if os.Getenv("PCA_TEST_DATABASE") == "postgres" && o.Env["PCA_DATABASE_URL"] == "" {
			OnPostgreSQL(t)(o)
		}
	}
}

// OnPostgreSQL has the service keep its data in a PostgreSQL database of its own. A service
// of the same folder has the same database.
func OnPostgreSQL(t *testing.T) func(*local.Options) {
	t.Helper()
	return func(o *local.Options) {
		note := filepath.Join(o.DataDir, "database-url")
		url, err := os.ReadFile(note)
		if errors.Is(err, os.ErrNotExist) {
			url = []byte(postgrestest.Database(t, nil))
			err = os.WriteFile(note, url, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		Env("PCA_DATABASE_URL", string(url), "PCA_AUDIT_CHECKPOINT_KEY_FILE", filepath.Join(o.DataDir, "checkpoint.key"),
			"PCA_AUDIT_CHECKPOINT_SINK", filepath.Join(o.DataDir, "checkpoints"))(o)
	}
}

// Stop ends the service, once, after it has checked all that e-RS was asked.
func (s *Service) Stop() {
	if s.Stack == nil {
		return
	}
	if published, err := publishedContract(); err == nil {
		for _, r := range s.Asked(sandbox.ERS, "") {
			base := strings.TrimPrefix(s.Sandbox.Endpoints().ERSBaseURL, s.Sandbox.URL())
			if err := published.CheckRequest(r.Method, strings.TrimPrefix(r.Path, base), r.Query, r.Header); err != nil {
				s.T.Errorf("asked against the published contract: %v", err)
			}
		}
	}
	if err := s.Close(); err != nil {
		s.T.Errorf("close the service: %v", err)
	}
	s.Stack = nil
}

// Asked returns what an NHS system was asked; an empty operation means all.
func (s *Service) Asked(u sandbox.Upstream, operation string) []sandbox.Request {
	return slices.DeleteFunc(s.Sandbox.Requests(), func(r sandbox.Request) bool {
		return r.Upstream != string(u) || (operation != "" && r.Operation != operation)
	})
}

// Number is the NHS number of a citizen of the sandbox.
func (s *Service) Number(name string) string {
	s.T.Helper()
	c, err := s.Sandbox.Citizen(name)
	if err != nil {
		s.T.Fatal(err)
	}
	return c.NHSNumber
}

// DatabasePath is the file of the service's database. Where it has none, the test is skipped.
func (s *Service) DatabasePath() string {
	s.T.Helper()
	path, isFile := strings.CutPrefix(s.Env["PCA_DATABASE_URL"], "sqlite:")
	if !isFile {
		s.T.Skip("this is about the files of a database")
	}
	return path
}

// DataDir is a folder with keys that are made once for all tests of a package,
// because making them takes long.
func DataDir(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string][]byte{"nhs-login.key": rsaKeys().login, "api-platform.key": rsaKeys().platform} {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

type keyPair struct{ login, platform []byte }

var rsaKeys = sync.OnceValue(func() keyPair {
	login, err := jose.GenerateKey()
	platform, err2 := jose.GenerateKey()
	if err := errors.Join(err, err2); err != nil {
		panic(err)
	}
	return keyPair{login, platform}
})

// publishedContract is read once: it is large.
var publishedContract = sync.OnceValues(func() (*contract.Published, error) {
	p, _, err := contract.LoadPublished(os.Getenv)
	return p, err
})
