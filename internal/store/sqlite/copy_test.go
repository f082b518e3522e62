package sqlite

import (
	"slices"
	"testing"
)

func TestACopyForgetsNoTableThatNamesACitizen(t *testing.T) {
	db := openNew(t)
	rows, err := db.read.QueryContext(t.Context(), `SELECT m.name FROM sqlite_schema AS m, pragma_table_xinfo(m.name) AS c
		WHERE m.type = 'table' AND c.name IN ('citizen', 'ref') ORDER BY m.name`)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	var tables []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		tables = append(tables, name)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	// Omitted on purpose: log_holds, which are not the person's data, and the
	// sealed histories, which internal/history exports because it has the key.
	if want := []string{"consent_events", "histories", "history_rows", "log_heads", "log_holds", "sessions", "subjects"}; !slices.Equal(tables, want) {
		t.Errorf("tables %v", tables)
	}
}
