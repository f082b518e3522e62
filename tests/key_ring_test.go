package tests_test

import (
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/history"
	"github.com/patient-care-aggregator/aggregator/internal/keys"
	"github.com/patient-care-aggregator/aggregator/internal/local"
	"github.com/patient-care-aggregator/aggregator/internal/staff/account"
	"github.com/patient-care-aggregator/aggregator/internal/store"
	"github.com/patient-care-aggregator/aggregator/tests/harness"
)

// A wrong ring would make every citizen a stranger: consents, history, holds and what
// was withdrawn would no longer be theirs.
func TestTheServiceDoesNotStartWithAnotherKeyRing(t *testing.T) {
	t.Parallel()
	dir := harness.DataDir(t)
	s := harness.Start(t, func(o *local.Options) { o.DataDir = dir })
	s.Consented("bella")
	s.Stop()
	file := filepath.Join(dir, "key-ring.key")
	right := readFile(t, file)
	id, _, _ := strings.Cut(right, ":")
	for name, ring := range map[string]string{
		"another key of the same id":         keys.Generate(id),
		"another key of another id":          keys.Generate("other"),
		"the same, behind one of another id": keys.Generate("other") + keys.Generate(id),
	} {
		writeFile(t, file, ring)
		o := local.Options{DataDir: dir, Now: s.Clock.Now}
		harness.OnChosenDatabase(t)(&o)
		started, err := local.Start(t.Context(), o)
		if err == nil {
			_ = started.Close()
		}
		if !errors.Is(err, keys.ErrWrongRing) {
			t.Errorf("%s: %v", name, err)
		}
	}
	writeFile(t, file, right)
	again := harness.Start(t, func(o *local.Options) { o.DataDir, o.Now = dir, s.Clock.Now })
	if known := again.SignedIn("bella").Get("/v1/timeline"); known.Status != 200 {
		t.Errorf("with the right ring: %d %s", known.Status, known.Body)
	}
}

func TestAfterResealingTheOldKeyCanGoAndEverybodyIsStillKnown(t *testing.T) {
	t.Parallel()
	dir := harness.DataDir(t)
	s := harness.Start(t, func(o *local.Options) { o.DataDir = dir })
	for _, name := range []string{"bella", "sunny"} {
		b := s.Consented(name)
		b.Must(b.Journey.Consent(t.Context(), b.Get("/v1/changes").Body)) // to history:store
		b.Get("/v1/timeline")
	}
	auditor := "pca_staff=" + staffSecret(s.Auditor("ada"))
	address := s.Env["PCA_DATABASE_URL"]
	s.Stop()
	file := filepath.Join(dir, "key-ring.key")
	added := keys.Generate("new")
	writeFile(t, file, added+readFile(t, file))

	ring, err := keys.Parse([]byte(readFile(t, file)))
	if err != nil {
		t.Fatal(err)
	}
	db, err := store.OpenBeside(t.Context(), address, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	moved, err := citizen.NewRegistry(db.Subjects(), ring, s.Clock.Now, harness.NewRandom()).Reseal(t.Context(), db.Subjects())
	rows, rowsErr := history.Reseal(t.Context(), db.Histories(), ring)
	staff, staffErr := account.Reseal(t.Context(), db.StaffAccounts(), ring)
	if err := errors.Join(err, rowsErr, staffErr, db.Close()); err != nil || moved != 2 || rows == 0 || staff != 1 {
		t.Fatalf("moved %d citizens, %d rows and %d accounts of staff: %v", moved, rows, staff, err)
	}

	started := harness.Start(t, func(o *local.Options) { o.DataDir, o.Now = dir, s.Clock.Now })
	harness.Answered(t, started.Browser().Get("/audit/session", "Cookie", auditor), http.StatusOK)
	started.Stop()

	writeFile(t, file, added)
	again := harness.Start(t, func(o *local.Options) { o.DataDir, o.Now = dir, s.Clock.Now })
	// Sessions are not moved: that of an auditor ends with its key, and holds nothing up.
	harness.Refused(t, again.Browser().Get("/audit/session", "Cookie", auditor), http.StatusUnauthorized, "staff_sign_in_required")
	harness.Answered(t, again.Auditor("ada").Get("/audit/session"), http.StatusOK)
	for _, name := range []string{"bella", "sunny"} {
		b := again.SignedIn(name)
		if list := consentsOf(b); len(list) == 0 || list[0].Status != "active" {
			t.Errorf("%s: consents %+v", name, list)
		}
		if a := b.Get("/v1/timeline"); !strings.Contains(string(a.Body), "We have seen this since") {
			t.Errorf("%s: the history is lost: %s", name, a.Body)
		}
	}
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
