//go:build linux

package sqlite

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"testing"

	"golang.org/x/sync/errgroup"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/consent"
	"github.com/patient-care-aggregator/aggregator/internal/session"
	"github.com/patient-care-aggregator/aggregator/internal/store/powercuttest"
)

// TestAPowerCutCostsNothingThatWasAcknowledged records a process that uses a store in every
// way, and opens what power cuts at many moments may leave of its files. PCA_POWER_CUTS is
// how many are tried, PCA_POWER_CUT_SEED which.
func TestAPowerCutCostsNothingThatWasAcknowledged(t *testing.T) {
	cuts, seed := number(t, "PCA_POWER_CUTS", 60), uint64(number(t, "PCA_POWER_CUT_SEED", 1))
	recording, lived := recorded(t, "live a life")
	for sort, atLeast := range map[string]int{
		"sync ends (care.db-wal)": 100, "sync ends (care.db)": 4, "sync ends (the folder)": 3,
		"resized (care.db-wal)": 2, "removed (care.db-wal)": 1, "said": 300,
	} {
		if n := recording.Count()[sort]; n < atLeast {
			t.Errorf("%q was recorded %d times: the process did not do all that was meant", sort, n)
		}
	}
	for _, f := range afterCuts(t, recording.Cuts(cuts, seed), lived, cuts) {
		t.Error(f)
	}
	for _, suffix := range []string{"-wal", ".db"} {
		if len(afterCuts(t, recording.WithoutSyncs(suffix).Cuts(90, seed), lived, 1)) == 0 {
			t.Errorf("that nothing named *%s was ever synced is not found: the test finds nothing", suffix)
		}
	}
}

func TestAPowerCutBringsNothingBackThatWasErased(t *testing.T) {
	recording, lived := recorded(t, "erase somebody")
	for _, f := range afterCuts(t, recording.CutsAtTheEnd(50, 1), lived, 50) {
		t.Error(f)
	}
}

// recorded records a process in a part, and reads the log that it wrote.
func recorded(t *testing.T, part string) (*powercuttest.Recording, []audit.Record) {
	t.Helper()
	folder := t.TempDir()
	path := filepath.Join(folder, "care.db")
	recording := powercuttest.Record(t, player(t, part, path), folder, "-shm") // which is made from the WAL
	db := openAt(t, path)
	whole(t, db)
	lived, err := db.Log().Records(t.Context(), -1, 100_000)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range recording.Said() {
		var what, who string
		var n int64
		if _, err := fmt.Sscan(line, &what, &who, &n); err != nil {
			t.Fatal(err)
		}
		if what != "entry" || lived[n].Opening == nil {
			continue
		}
		if e, err := lived[n].Entry(); err != nil || e.Digest != who {
			t.Errorf("entry %d is %q and not %q, %v", n, e.Digest, who, err)
		}
	}
	return recording, lived
}

// afterCuts says what is wrong after power cuts, at most so many times.
func afterCuts(t *testing.T, cuts iter.Seq[powercuttest.Cut], lived []audit.Record, most int) (wrong []string) {
	t.Helper()
	var mu sync.Mutex
	var group errgroup.Group
	group.SetLimit(2 * runtime.GOMAXPROCS(0)) // they wait for the disk too
	enough := func() bool {
		mu.Lock()
		defer mu.Unlock()
		return len(wrong) >= most
	}
	scratch := t.TempDir()
	for cut := range cuts {
		if enough() {
			break
		}
		group.Go(func() error {
			folder, err := os.MkdirTemp(scratch, "cut")
			if err != nil {
				return err
			}
			path := filepath.Join(folder, "care.db")
			if err = leave(cut, path); err == nil {
				err = goOnFrom(t.Context(), path, cut.Said, lived)
			}
			if err != nil {
				mu.Lock()
				wrong = append(wrong, fmt.Sprintf("%s: %v", cut.Where, err))
				mu.Unlock()
			}
			return os.RemoveAll(folder)
		})
	}
	if err := group.Wait(); err != nil {
		t.Error(err)
	}
	return wrong
}

func number(t *testing.T, variable string, unset int) int {
	t.Helper()
	text := os.Getenv(variable)
	if text == "" {
		return unset
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		t.Fatalf("%s is %q and not a number", variable, text)
	}
	return n
}

// leave writes what a power cut left. The -shm is no part of it; what is there of an older
// one must not matter.
func leave(cut powercuttest.Cut, path string) error {
	for name, content := range cut.Files {
		if err := os.WriteFile(filepath.Join(filepath.Dir(path), name), content, private); err != nil {
			return err
		}
	}
	if _, ok := cut.Files["care.db-wal"]; ok && len(cut.Said)%2 == 0 {
		return os.WriteFile(path+"-shm", bytes.Repeat([]byte("older"), 32<<10/5+1)[:32<<10], private)
	}
	return nil
}

// goOnFrom opens a database after a power cut, requires what was said before it, and uses it.
func goOnFrom(ctx context.Context, path string, said []string, lived []audit.Record) (err error) {
	due, err := understand(said)
	if err != nil {
		return err
	}
	db, err := Open(ctx, path, Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	report, err := audit.Verify(ctx, db.Log())
	if err != nil {
		return err
	}
	for _, who := range due.erased {
		for _, part := range []string{"", "-wal"} {
			data, err := os.ReadFile(path + part)
			if err != nil {
				return err
			}
			if bytes.Contains(data, []byte("sealed "+who)) {
				return fmt.Errorf("what was deleted of %s is still in care.db%s", who, part)
			}
		}
	}
	records, err := db.Log().Records(ctx, -1, len(lived)+1)
	if err != nil {
		return err
	}
	if n := len(records); int64(n) != report.Entries || n > len(lived) || n < due.entries {
		return fmt.Errorf("%d entries, %d verified, %d acknowledged, %d ever written", n, report.Entries, due.entries, len(lived))
	}
	if err := beginningOf(lived, records, due); err != nil {
		return err
	}
	if err := due.effective(ctx, db); err != nil {
		return err
	}
	if _, err := consent.CompareWithLog(ctx, db.Consents(), db.Log(), at(1)); err != nil { // retention removes what is older
		return err
	}
	if w, err := db.Log().Append(ctx, audit.Guard{}, sample(9)); err != nil || w.First != report.Entries {
		return fmt.Errorf("going on: %+v instead of %d: %w", w, report.Entries, err)
	}
	if _, err := audit.Verify(ctx, db.Log()); err != nil {
		return fmt.Errorf("verify what went on: %w", err)
	}
	return nil
}

// beginningOf requires that a log is a beginning, byte by byte, of the one that was being
// written. It may still have openings that retention removed later.
func beginningOf(lived, records []audit.Record, due due) error {
	for i, r := range records {
		want, removed, forgotten := lived[i], r.Opening == nil, r.Opening == nil || r.Opening.Correlation == nil
		switch {
		case !bytes.Equal(r.Leaf, want.Leaf) || !slices.Equal(r.Hashes, want.Hashes):
			return fmt.Errorf("entry %d is another than was written", i)
		case want.Opening != nil && (removed || want.Opening.Correlation != nil && forgotten):
			return fmt.Errorf("entry %d has lost something of its opening", i)
		case int64(i) < due.pruned && !removed, int64(i) < due.forgotten && !forgotten:
			return fmt.Errorf("entry %d has what retention removed", i)
		}
	}
	return nil
}

// due is what has to be true after what was said.
type due struct {
	entries           int // so many were written
	consents          map[citizen.Ref]int64
	signedOut, erased []string
	taken             map[[32]byte]bool
	forgotten, pruned int64
}

func understand(said []string) (due, error) {
	d := due{consents: map[citizen.Ref]int64{}, taken: map[[32]byte]bool{}}
	for _, line := range said {
		var what, who string
		var n int64
		if _, err := fmt.Sscan(line, &what, &who, &n); err != nil {
			return d, fmt.Errorf("%q was said: %w", line, err)
		}
		switch what {
		case "entry":
			d.entries = max(d.entries, int(n)+1)
		case "consent":
			d.consents[citizen.Ref(who)] = n
		case "signed-out":
			d.signedOut = append(d.signedOut, who)
		case "taken":
			d.taken[session.IDOf(who)] = true
		case "erased":
			d.erased = append(d.erased, who)
		case "forgotten":
			d.forgotten = n
		case "pruned":
			d.pruned = n
		default:
			return d, fmt.Errorf("%q was said, which is not understood", line)
		}
	}
	return d, nil
}

// effective requires what is beside the log.
func (d due) effective(ctx context.Context, db *DB) error {
	for ref, n := range d.consents {
		if events, err := db.Consents().Events(ctx, ref); err != nil || int64(len(events)) < n {
			return fmt.Errorf("%d of %d consent events of %s: %w", len(events), n, ref, err)
		}
	}
	for _, who := range d.signedOut {
		if _, err := db.Sessions().Session(ctx, session.IDOf(who)); !errors.Is(err, session.ErrNone) {
			return fmt.Errorf("%s is signed in again, or: %w", who, err)
		}
	}
	erasures, err := db.Log().Erasures(ctx, 0)
	if err != nil {
		return err
	}
	for _, who := range d.erased {
		if _, err := db.Subjects().Subject(ctx, citizen.Ref(who)); !errors.Is(err, citizen.ErrNoSubject) {
			return fmt.Errorf("%s is known again, or: %w", who, err)
		}
		if _, err := db.Log().ListOf(ctx, citizen.Ref(who)); !errors.Is(err, audit.ErrNoList) {
			return fmt.Errorf("%s has a list again, or: %w", who, err)
		}
		if !slices.ContainsFunc(erasures, func(e audit.Erasure) bool { return string(e.Citizen) == who }) {
			return fmt.Errorf("no sink would be told that %s was erased", who)
		}
	}
	found, err := db.read.QueryContext(ctx, `SELECT hash FROM one_time_values`)
	if err != nil {
		return err
	}
	defer func() { _ = found.Close() }()
	for found.Next() {
		var hash []byte
		if err := found.Scan(&hash); err != nil {
			return err
		}
		if d.taken[[32]byte(hash)] {
			return errors.New("a value that was taken can be taken again")
		}
	}
	return found.Err()
}
