package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"strings"
)

// pragma is one setting of a connection: what is asked for, and what SQLite
// reports when it has taken effect (a wrong DSN leaves WAL off without an error).
type pragma struct{ name, set, reads string }

func pragmas(readOnly bool) []pragma {
	p := []pragma{
		{"busy_timeout", "5000", "5000"}, // milliseconds
		{"journal_mode", "WAL", "wal"},
		{"synchronous", "FULL", "2"},
		{"foreign_keys", "1", "1"},
		{"recursive_triggers", "1", "1"}, // otherwise REPLACE deletes rows without running the triggers
		{"secure_delete", "1", "1"},      // what is erased is overwritten
		{"trusted_schema", "0", "0"},
		{"cell_size_check", "1", "1"},
	}
	if readOnly {
		p = append(p, pragma{"query_only", "1", "1"})
	}
	return p
}

// connect opens a pool of connections that all have the pragmas, and reads them back.
func connect(ctx context.Context, path string, conns int, readOnly bool) (*sql.DB, error) {
	q := url.Values{}
	for _, p := range pragmas(readOnly) {
		q.Add("_pragma", p.name+"("+p.set+")")
	}
	dsn := url.URL{Scheme: "file", Opaque: url.PathEscape(path), RawQuery: q.Encode()}
	if !strings.HasPrefix(path, "/") {
		dsn.Opaque = url.PathEscape("./" + path)
	}
	db, err := sql.Open("sqlite", dsn.String())
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	db.SetMaxOpenConns(conns)
	db.SetMaxIdleConns(conns)
	for _, p := range pragmas(readOnly) {
		var got string
		if err := db.QueryRowContext(ctx, "PRAGMA "+p.name).Scan(&got); err != nil {
			_ = db.Close()
			return nil, fmt.Errorf("read pragma %s: %w", p.name, err)
		}
		if got != p.reads {
			_ = db.Close()
			return nil, fmt.Errorf("pragma %s is %q instead of %q", p.name, got, p.reads)
		}
	}
	return db, nil
}
