package sqlite

import (
	"errors"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/audit/checkpoint"
	"github.com/patient-care-aggregator/aggregator/internal/store/logrows"
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
	verifier := key.PublicKeys()
	sink := checkpoint.NewFileSink(filepath.Join(t.TempDir(), "checkpoints"))
	sign := func() {
		t.Helper()
		signed, err := checkpoint.Sign(checkpointOf(t, db), key.Signers...)
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
		`DROP TRIGGER log_leaves_never_change`, `DROP TRIGGER log_leaves_never_go`, `DROP TRIGGER log_hashes_never_change`,
		`DROP TRIGGER log_hashes_never_go`, `DROP TRIGGER log_openings_only_shrink`, `DROP TRIGGER log_openings_never_go`,
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
			var hashes []byte
			for _, h := range edge.Append(audit.LeafHash(r.Leaf)) {
				hashes = append(hashes, h[:]...)
			}
			if _, err := db.write.ExecContext(t.Context(), `INSERT INTO log_hashes (first, hashes) VALUES (?, ?)`, i, hashes); err != nil {
				t.Fatal(err)
			}
		}
	}
	page, err := openAt(t, copyOf(t, path)).Log().Records(t.Context(), 4, 1)
	if err != nil {
		t.Fatal(err)
	}
	otherHash := fmt.Sprintf("x'%x%064x'", page[0].Hashes[0][:], 0)
	forged, forgedOpening := placed(t, sample(99), page[0].Opening)
	relabelled := *page[0].Opening
	relabelled.Correlation = &audit.Correlation{ID: "other"}
	for name, c := range map[string]struct {
		statements  []string
		rehash      bool
		kind        audit.FaultKind
		first, last int64
	}{
		"a changed entry":          {[]string{`UPDATE log_leaves SET leaves = '` + forged + `' WHERE first = 5`}, false, audit.Altered, 5, 5},
		"one word of an entry":     {[]string{`UPDATE log_leaves SET leaves = replace(leaves, 'app-one', 'app-two') WHERE first = 5`}, false, audit.Altered, 5, 5},
		"a deleted entry":          {[]string{`DELETE FROM log_leaves WHERE first = 5`, `DELETE FROM log_hashes WHERE first = 5`}, false, audit.Missing, 5, 5},
		"a deleted leaf":           {[]string{`DELETE FROM log_leaves WHERE first = 5`}, false, audit.Missing, 5, 5},
		"a deleted opening":        {[]string{`DELETE FROM log_openings WHERE first = 5`}, false, audit.Missing, 5, 5},
		"an inserted entry":        {[]string{`INSERT INTO log_leaves (first, leaves) VALUES (10, '` + forged + `')`}, false, audit.Inserted, 10, 10},
		"an entry beside another":  {[]string{`UPDATE log_leaves SET leaves = leaves || '` + forged + `' WHERE first = 5`}, false, audit.Inserted, 6, 6},
		"entries in another order": {[]string{`UPDATE log_leaves SET first = 100 WHERE first = 5`, `UPDATE log_leaves SET first = 5 WHERE first = 6`, `UPDATE log_leaves SET first = 6 WHERE first = 100`}, false, audit.Altered, 5, 5},
		"a log cut short":          {[]string{`DELETE FROM log_leaves WHERE first >= 7`, `DELETE FROM log_hashes WHERE first >= 7`}, false, audit.Truncated, 7, 7},
		"another correlation id":   {[]string{`UPDATE log_openings SET openings = ` + blob(t, &relabelled) + ` WHERE first = 5`}, false, audit.Relabelled, 5, 5},
		"another opening":          {[]string{`UPDATE log_openings SET openings = ` + forgedOpening + ` WHERE first = 5`}, false, audit.Relabelled, 5, 5},
		"a changed hash":           {[]string{`UPDATE log_hashes SET hashes = ` + otherHash + ` WHERE first = 5`}, false, audit.BrokenTree, 5, 5},
		"a head set back":          {[]string{`UPDATE log_heads SET number = 9, last = 8`}, false, audit.Misnumbered, 0, 9},
		"a changed entry, rehashed": {
			[]string{`UPDATE log_leaves SET leaves = '` + forged + `' WHERE first = 5`, `UPDATE log_openings SET openings = ` + forgedOpening + ` WHERE first = 5`},
			true, audit.Rewritten, 4, 7,
		},
		"a deleted entry, rehashed": {
			[]string{
				`DELETE FROM log_leaves WHERE first = 2`, `UPDATE log_leaves SET first = first - 1 WHERE first > 2`,
				`DELETE FROM log_openings WHERE first = 2`, `UPDATE log_openings SET first = first - 1 WHERE first > 2`,
			}, true, audit.Misnumbered, 2, 2,
		},
		"an inserted entry, rehashed": {
			[]string{
				`UPDATE log_leaves SET first = -first WHERE first > 4`, `UPDATE log_leaves SET first = 1 - first WHERE first < 0`,
				`UPDATE log_openings SET first = -first WHERE first > 4`, `UPDATE log_openings SET first = 1 - first WHERE first < 0`,
				`INSERT INTO log_leaves (first, leaves) VALUES (5, '` + forged + `')`, `INSERT INTO log_openings (first, openings) VALUES (5, ` + forgedOpening + `)`,
			}, true, audit.Rewritten, 4, 7,
		},
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
			Log: forked.Log(), Signers: key.Signers, Sink: sink, Now: years(1), Logger: forked.log, Last: &known[1],
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := next.Publish(t.Context()); !errors.Is(err, checkpoint.ErrForked) {
			t.Errorf("signing it: %v", err)
		}
	})
}

// placed is an entry in the place of another one, as the rows have it.
func placed(t *testing.T, e audit.Entry, o *audit.Opening) (leaf, opening string) {
	t.Helper()
	p, err := audit.Prepare(e)
	if err != nil {
		t.Fatal(err)
	}
	l, forged := p.Place(at(5), o.List, o.Number, o.Previous)
	return string(l) + "\n", blob(t, forged)
}

// blob is an opening as an SQL literal.
func blob(t *testing.T, o *audit.Opening) string {
	t.Helper()
	text, err := o.AppendBinary(nil)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("x'%x'", logrows.JoinOpenings([][]byte{text}))
}
