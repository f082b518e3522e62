package tests_test

import (
	"bytes"
	"fmt"
	"net/http"
	"path/filepath"
	"testing"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/audit/checkpoint"
	"github.com/patient-care-aggregator/aggregator/internal/audit/export"
	"github.com/patient-care-aggregator/aggregator/internal/local"
	"github.com/patient-care-aggregator/aggregator/tests/harness"
)

func TestAnAuditorProvesAnEntryAwayFromHere(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	s.Consented("bella").Get("/v1/timeline")
	b := s.Auditor("ada")

	type signed struct{ Checkpoint, PublicKey string }
	older := harness.Read[signed](t, b.Get("/audit/v1/checkpoint").Body)
	by, err := checkpoint.ParsePublicKeys(older.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	first, err := checkpoint.Open([]byte(older.Checkpoint), by)
	if err != nil {
		t.Fatal(err)
	}
	t.Run("each entry is in the log of the checkpoint", func(t *testing.T) {
		for seq := range first.Size {
			a := b.Get(fmt.Sprintf("/audit/v1/proof?seq=%d&size=%d", seq, first.Size))
			harness.Answered(t, a, http.StatusOK)
			proof := harness.Read[audit.Inclusion](t, a.Body)
			leaf := recordsOf(s)[seq].Leaf
			if err := proof.Check(leaf, first); err != nil {
				t.Errorf("entry %d: %v", seq, err)
			}
			if err := proof.Check(append(leaf, ' '), first); err == nil {
				t.Errorf("entry %d: an altered one is proved too", seq)
			}
		}
	})
	t.Run("a later checkpoint continues an earlier one", func(t *testing.T) {
		newer, err := checkpoint.Open([]byte(harness.Read[signed](t, b.Get("/audit/v1/checkpoint").Body).Checkpoint), by)
		if err != nil || newer.Size <= first.Size {
			t.Fatalf("%+v, %v", newer, err)
		}
		a := b.Get(fmt.Sprintf("/audit/v1/consistency?from=%d&to=%d", first.Size, newer.Size))
		harness.Answered(t, a, http.StatusOK)
		if err := harness.Read[audit.Consistency](t, a.Body).Check(first, newer); err != nil {
			t.Error(err)
		}
	})
	t.Run("an export over HTTP is proved with the published checkpoints, and a changed one is not", func(t *testing.T) {
		for _, query := range []string{"", "?prove=true", "?kind=data_released&prove=true", "?outcome=refused&client=web&prove=true&order=newest"} {
			a := b.Get("/audit/v1/entries"+query, "Accept", "application/x-ndjson")
			harness.Answered(t, a, http.StatusOK)
			head := harness.Read[struct{ Size int64 }](t, bytes.SplitN(a.Body, []byte("\n"), 2)[0])
			now := b.Get(fmt.Sprintf("/audit/v1/checkpoint?size=%d", head.Size))
			harness.Answered(t, now, http.StatusOK)
			found, err := checkpoint.Read(bytes.NewReader(now.Body), by)
			known := found.Checkpoints
			if err != nil || found.Foreign+found.CutShort > 0 || len(known) != 1 {
				t.Fatalf("%+v, %v", found, err)
			}
			if _, err := export.Check(bytes.NewReader(a.Body), known...); err != nil {
				t.Errorf("%q: %v", query, err)
			}
			if _, err := export.Check(bytes.NewReader(bytes.Replace(a.Body, []byte(`"web"`), []byte(`"app"`), 1)), known...); err == nil {
				t.Errorf("%q: a changed one is proved too", query)
			}
		}
	})
}

func TestCheckpointsAreSignedAtTheStartAndAtTheEnd(t *testing.T) {
	t.Parallel()
	sink := filepath.Join(t.TempDir(), "sink.ndjson")
	s := harness.Start(t, harness.Env("PCA_AUDIT_CHECKPOINT_SINK", sink))
	s.Consented("bella").Get("/v1/timeline")
	size := int64(len(recordsOf(s)))
	path := s.DatabasePath()
	s.Stop()
	key, err := checkpoint.OpenKey(path+".checkpoint-key", "not-made")
	if err != nil {
		t.Fatal(err)
	}
	by := key.PublicKeys()
	for _, file := range []string{sink, path + ".checkpoints"} {
		found, err := checkpoint.NewFileSink(file).Checkpoints(by)
		known := found.Checkpoints
		if err != nil || found.Foreign+found.CutShort > 0 || len(known) == 0 || known[len(known)-1].Size != size {
			t.Errorf("%s: %+v, %v; the log has %d entries", file, found, err, size)
		}
	}
}

func TestKeysAndConfigurationAreRecordedWhenTheyChange(t *testing.T) {
	t.Parallel()
	dir := harness.DataDir(t)
	recorded := func(pairs ...string) (keys, configurations int) {
		s := harness.Start(t, harness.Env(pairs...), func(o *local.Options) { o.DataDir, o.Addr = dir, "" })
		keys, configurations = len(entriesOf(s, audit.KeyChanged)), len(entriesOf(s, audit.ConfigurationKnown))
		s.Stop()
		return keys, configurations
	}
	same := []string{"PCA_PUBLIC_URL", "http://127.0.0.1:9"}
	fixed := func(more ...string) []string {
		// What a free port changes at each start is fixed here.
		return append(append(same,
			"PCA_NHS_LOGIN_ISSUER", "http://127.0.0.1:9/a", "PCA_API_PLATFORM_TOKEN_URL", "http://127.0.0.1:9/b", "PCA_ERS_BASE_URL", "http://127.0.0.1:9/c",
			"PCA_ODS_BASE_URL", "http://127.0.0.1:9/d", "PCA_STAFF_ISSUER", "http://127.0.0.1:9/e"), more...)
	}
	if k, c := recorded(fixed()...); k != 1 || c != 1 {
		t.Errorf("at the first start %d and %d", k, c)
	}
	if k, c := recorded(fixed()...); k != 1 || c != 1 {
		t.Errorf("when nothing changed %d and %d", k, c)
	}
	if k, c := recorded(fixed("PCA_TIMELINE_TTL", "30s")...); k != 1 || c != 2 {
		t.Errorf("when a setting changed %d and %d", k, c)
	}
}
