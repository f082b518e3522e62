package sqlite

import (
	"errors"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/audit/checkpoint"
)

// What an administrator with the file in hand can do, on a copy of a log of ten
// that was signed at 4 and at 8, and what the checkpoints outside say to it.
func TestTampering(t *testing.T) {
	path := newPath(t)
	db := openAt(t, path)
	key, err := checkpoint.OpenKey(filepath.Join(t.TempDir(), "checkpoint.key"), "log.example")
	if err != nil {
		t.Fatal(err)
	}
	verifier, err := key.Verifier()
	if err != nil {
		t.Fatal(err)
	}
	sink := checkpoint.NewFileSink(filepath.Join(t.TempDir(), "checkpoints"))
	sign := func() {
		t.Helper()
		signed, err := checkpoint.Sign(checkpointOf(t, db), key.Signer)
		if err != nil {
			t.Fatal(err)
		}
		if err := sink.Publish(t.Context(), signed); err != nil {
			t.Fatal(err)
		}
	}
	var older string
	for i := range 10 {
		switch i {
		case 4, 8:
			sign()
		case 6:
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
			older = copyOf(t, path)
			db = openAt(t, path)
		}
		fill(t, db, 1)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	found, err := sink.Checkpoints(verifier)
	known := found.Checkpoints
	if err != nil || len(known) != 2 {
		t.Fatal(known, err)
	}

	unguard := []string{
		`DROP TRIGGER log_entries_never_change`, `DROP TRIGGER log_entries_go_by_retention_alone`,
		`DROP TRIGGER log_hashes_never_change`, `DROP TRIGGER log_hashes_never_go`, `DROP TRIGGER log_correlations_never_change`,
	}
	rehash := func(t *testing.T, db *DB) {
		t.Helper()
		rows, err := db.Log().Records(t.Context(), -1, 100)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := db.write.ExecContext(t.Context(), `DELETE FROM log_hashes`); err != nil {
			t.Fatal(err)
		}
		var edge audit.Edge
		for i, r := range rows {
			hashes := joinHashes(edge.Append(audit.LeafHash(r.Leaf)))
			if _, err := db.write.ExecContext(t.Context(), `INSERT INTO log_hashes (seq, hashes) VALUES (?, ?)`, i, hashes); err != nil {
				t.Fatal(err)
			}
		}
	}
	page, err := openAt(t, copyOf(t, path)).Log().Records(t.Context(), 4, 1)
	if err != nil {
		t.Fatal(err)
	}
	otherHash := fmt.Sprintf("x'%x%064x'", page[0].Hashes[0][:], 0)
	forged, err := audit.Encode(sample(99), audit.Salt{})
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		statements  []string
		rehash      bool
		kind        audit.FaultKind
		first, last int64
	}{
		"a changed entry":             {[]string{`UPDATE log_entries SET leaf = '` + string(forged) + `' WHERE seq = 5`}, false, audit.Altered, 5, 5},
		"one word of an entry":        {[]string{`UPDATE log_entries SET leaf = replace(leaf, 'app-one', 'app-two') WHERE seq = 5`}, false, audit.Altered, 5, 5},
		"a deleted entry":             {[]string{`DELETE FROM log_entries WHERE seq = 5`, `DELETE FROM log_hashes WHERE seq = 5`}, false, audit.Missing, 5, 5},
		"a deleted body":              {[]string{`DELETE FROM log_entries WHERE seq = 5`}, false, audit.Missing, 5, 5},
		"an inserted entry":           {[]string{`INSERT INTO log_entries (seq, leaf) VALUES (10, '` + string(forged) + `')`}, false, audit.Inserted, 10, 10},
		"entries in another order":    {[]string{`UPDATE log_entries SET seq = 100 WHERE seq = 5`, `UPDATE log_entries SET seq = 5 WHERE seq = 6`, `UPDATE log_entries SET seq = 6 WHERE seq = 100`}, false, audit.Altered, 5, 5},
		"a log cut short":             {[]string{`DELETE FROM log_entries WHERE seq >= 7`, `DELETE FROM log_hashes WHERE seq >= 7`}, false, audit.Truncated, 7, 7},
		"another correlation id":      {[]string{`UPDATE log_correlations SET id = 'other' WHERE seq = 5`}, false, audit.Relabelled, 5, 5},
		"a changed hash":              {[]string{`UPDATE log_hashes SET hashes = ` + otherHash + ` WHERE seq = 5`}, false, audit.BrokenTree, 5, 5},
		"a changed entry, rehashed":   {[]string{`UPDATE log_entries SET leaf = '` + string(forged) + `' WHERE seq = 5`, `DELETE FROM log_correlations`}, true, audit.Rewritten, 4, 7},
		"a deleted entry, rehashed":   {[]string{`DELETE FROM log_entries WHERE seq = 2`, `DELETE FROM log_correlations`, `UPDATE log_entries SET seq = seq - 1 WHERE seq > 2`}, true, audit.Rewritten, 0, 3},
		"an inserted entry, rehashed": {[]string{`DELETE FROM log_correlations`, `UPDATE log_entries SET seq = -seq WHERE seq > 4`, `UPDATE log_entries SET seq = 1 - seq WHERE seq < 0`, `INSERT INTO log_entries (seq, leaf) VALUES (5, '` + string(forged) + `')`}, true, audit.Rewritten, 4, 7},
	} {
		t.Run(name+" is found and named", func(t *testing.T) {
			copied := openAt(t, copyOf(t, path))
			whole(t, copied, known...)
			// Even the guards against negative places can be switched off.
			statements := append([]string{`PRAGMA ignore_check_constraints = 1`}, unguard...)
			for _, s := range append(statements, c.statements...) {
				if err := asWriter(t, copied, s); err != nil {
					t.Fatalf("%s: %v", s, err)
				}
			}
			if c.rehash {
				copied.writer.stop() // its connection is the only one that writes
				rehash(t, copied)
			}
			_, err := audit.Verify(t.Context(), copied.Log(), known...)
			var f *audit.Fault
			if !errors.As(err, &f) || f.Kind != c.kind || f.First != c.first || f.Last != c.last {
				t.Errorf("%v instead of %s from %d to %d", err, c.kind, c.first, c.last)
			}
		})
	}

	t.Run("an older copy in its place is found and named", func(t *testing.T) {
		_, err := audit.Verify(t.Context(), openAt(t, older).Log(), known...)
		var f *audit.Fault
		if !errors.As(err, &f) || f.Kind != audit.Truncated || f.First != 6 || f.Last != 7 {
			t.Errorf("error %v", err)
		}
	})

	t.Run("an older copy that went on with other entries is found and named", func(t *testing.T) {
		forked := openAt(t, older)
		fill(t, forked, 4)
		_, err := audit.Verify(t.Context(), forked.Log(), known...)
		var f *audit.Fault
		if !errors.As(err, &f) || f.Kind != audit.Rewritten || f.First != 4 || f.Last != 7 {
			t.Errorf("error %v", err)
		}
		next, err := checkpoint.New(checkpoint.Deps{
			Log: forked.Log(), Signer: key.Signer, Sink: sink, Now: years(1), Logger: forked.log, Last: &known[1],
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := next.Publish(t.Context()); !errors.Is(err, checkpoint.ErrForked) {
			t.Errorf("signing it: %v", err)
		}
	})
}
