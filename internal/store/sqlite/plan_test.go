package sqlite

import (
	"strings"
	"testing"
)

// TestNoReadOfTheLogSortsIt: a read goes through rows in the order in which they are
// kept, whichever way. Sorting them would first read the log to its end.
func TestNoReadOfTheLogSortsIt(t *testing.T) {
	db := openNew(t)
	fill(t, db, 1)
	for _, query := range []string{rowsForwards, rowsBackwards, oneRow} {
		for _, step := range planOf(t, db, query) {
			if strings.Contains(step, "TEMP B-TREE") || strings.HasPrefix(step, "SCAN l") {
				t.Errorf("%s: %s", query, step)
			}
		}
	}
}

func planOf(t *testing.T, db *DB, query string) (steps []string) {
	t.Helper()
	plan, err := db.read.QueryContext(t.Context(), `EXPLAIN QUERY PLAN `+query, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = plan.Close() }()
	for plan.Next() {
		var id, parent, unused int
		var step string
		if err := plan.Scan(&id, &parent, &unused, &step); err != nil {
			t.Fatal(err)
		}
		steps = append(steps, step)
	}
	if err := plan.Err(); err != nil {
		t.Fatal(err)
	}
	return steps
}
