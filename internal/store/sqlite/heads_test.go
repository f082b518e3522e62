package sqlite

import (
	"context"
	"testing"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
)

// TestHeadsAreSavedInSteps: while others wait to write, the table of heads is brought up
// to date in steps, and says so only after the last of them. Whatever it does not know,
// the openings tell.
func TestHeadsAreSavedInSteps(t *testing.T) {
	path := newPath(t)
	db := openAt(t, path)
	refs := knownCitizens(t, db, 6000) // three steps
	known := func(begin bool) (size int64) {
		_, err := db.perform(t.Context(), func(ctx context.Context, x *tx) error {
			if begin {
				tree := db.writer.tree // this runs where it belongs
				if err := tree.heads.save(ctx, x, tree.edge.Size(), false); err != nil {
					return err
				}
			}
			return x.row(ctx, `SELECT size FROM log_heads_at`).Scan(&size)
		})
		if err != nil {
			t.Fatal(err)
		}
		return size
	}
	if size := known(true); size != 0 {
		t.Errorf("after the first step it knows the log of %d entries", size)
	}
	for i := range 4 { // each commit brings it on by a step
		e := sample(i)
		e.Citizen = refs[i] // one that is outdated again
		if _, err := db.Log().Append(t.Context(), audit.Guard{}, e); err != nil {
			t.Fatal(err)
		}
		whole(t, db)
	}
	if size := known(false); size < 6000 {
		t.Errorf("at the end it knows the log of %d entries", size)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	whole(t, openAt(t, path))
}

// TestHeadsAreSavedThoughThereIsNoPause: what the table does not know is read by everybody
// who follows a list, so it must not grow for as long as there is something to write.
func TestHeadsAreSavedThoughThereIsNoPause(t *testing.T) {
	db, err := Open(t.Context(), newPath(t), Options{WatchEvery: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	for i := range 20_000 {
		if _, err := db.Log().Append(t.Context(), audit.Guard{}, sample(i%60)); err != nil {
			t.Fatal(err)
		}
		var size int64
		if err := db.read.QueryRowContext(t.Context(), `SELECT size FROM log_heads_at`).Scan(&size); err != nil {
			t.Fatal(err)
		}
		if size > 0 {
			return
		}
	}
	t.Error("they were not saved")
}
