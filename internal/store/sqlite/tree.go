package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/store/logrows"
)

// tree is the end of the log as the writer knows it: the right edge of the tree, the
// time of the newest entry, and where the lists end.
type tree struct {
	edge   audit.Edge
	latest time.Time
	heads  *heads
}

// growth is a tree with the entries of one transaction, of which nothing counts before
// the commit.
type growth struct {
	edge   audit.Edge
	latest time.Time
	heads  *stagedHeads
	rows   logrows.Rows
	closed map[audit.ListID]bool // lists of people who are being erased
}

func (t *tree) begin() *growth {
	return &growth{edge: t.edge.Clone(), latest: t.latest, heads: t.heads.stage(), rows: logrows.Rows{First: t.edge.Size()}, closed: map[audit.ListID]bool{}}
}

// place gives an entry its number, its time and its place in the tree.
func (g *growth) place(ctx context.Context, x *tx, p *audit.Prepared) error {
	list, err := g.listOf(ctx, x, &p.Entry)
	if err != nil {
		return err
	}
	end, err := g.heads.end(ctx, x, list)
	if err != nil {
		return err
	}
	if p.Entry.At.After(g.latest) {
		g.latest = p.Entry.At
	}
	if e := p.Entry; (audit.Entry{Kind: e.Kind, Outcome: e.Outcome, List: list}).Closes() {
		g.closed[list] = true
	}
	seq := g.edge.Size()
	leaf, opening := p.Place(g.latest, list, end.number+1, end.last)
	g.heads.put(list, head{end.number + 1, seq})
	return g.rows.Add(leaf, opening, g.edge.Append(audit.LeafHash(leaf)))
}

// listOf is the list that an entry belongs to. The list of somebody who was erased is
// closed: what comes later is about nobody in particular.
func (g *growth) listOf(ctx context.Context, x *tx, e *audit.Entry) (audit.ListID, error) {
	list, known, err := e.List, false, error(nil)
	switch {
	case e.Citizen != "":
		list, known, err = g.heads.ofCitizen(ctx, x, e.Citizen)
	case list != audit.ListID{}:
		known, err = g.heads.known(ctx, x, list)
	}
	if err != nil || known && !g.closed[list] {
		return list, err
	}
	return audit.OfNobody(e.Kind), nil
}

// insert writes the rows of the entries.
func (g *growth) insert(ctx context.Context, x *tx) error {
	if len(g.rows.Leaves) == 0 {
		return nil
	}
	if err := x.exec(ctx, `INSERT INTO log_leaves (first, leaves) VALUES (?, ?)`, g.rows.First, string(g.rows.Leaves)); err != nil {
		return fmt.Errorf("insert leaves: %w", err)
	}
	if err := x.exec(ctx, `INSERT INTO log_hashes (first, hashes) VALUES (?, ?)`, g.rows.First, g.rows.Hashes); err != nil {
		return fmt.Errorf("insert hashes: %w", err)
	}
	if err := x.exec(ctx, `INSERT INTO log_openings (first, openings) VALUES (?, ?)`, g.rows.First, g.rows.Openings); err != nil {
		return fmt.Errorf("insert openings: %w", err)
	}
	return nil
}

// committed is the tree that has grown.
func (t *tree) committed(g *growth) *tree {
	t.heads.merge(g.heads)
	return &tree{edge: g.edge, latest: g.latest, heads: t.heads}
}

// readTree reads the end of the log inside the writer's transaction.
func readTree(ctx context.Context, x *tx) (*tree, error) {
	size, err := logSize(ctx, x.conn)
	if err != nil {
		return nil, err
	}
	t := &tree{}
	t.edge, err = audit.ReadEdge(size, tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		return readHashes(ctx, x.conn, indexes)
	}))
	if err != nil {
		return nil, fmt.Errorf("read the end of the log: %w", err)
	}
	if size > 0 {
		t.latest, err = rowsIn(x).TimeOf(ctx, size-1)
		if err == nil && t.latest.IsZero() {
			err = fmt.Errorf("read the time of entry %d: it is missing", size-1)
		}
		if err != nil {
			return nil, err
		}
	}
	if t.heads, err = readHeads(ctx, x); err != nil {
		return nil, err
	}
	return t, nil
}

type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// logSize is the number of entries.
func logSize(ctx context.Context, q querier) (int64, error) {
	var first, length int64
	err := q.QueryRowContext(ctx, `SELECT first, length(hashes) FROM log_hashes ORDER BY first DESC LIMIT 1`).Scan(&first, &length)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("read log size: %w", err)
	}
	return logrows.Size(first, length), nil
}

// readHashes finds stored hashes.
func readHashes(ctx context.Context, q querier, indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		seq, offset := logrows.PlaceOfHash(index)
		var first int64
		if err := q.QueryRowContext(ctx, `SELECT first FROM log_hashes WHERE first <= ? ORDER BY first DESC LIMIT 1`, seq).Scan(&first); err != nil {
			return nil, fmt.Errorf("find hashes of entry %d: %w", seq, err)
		}
		var hash []byte
		at := offset(first) + 1
		if err := q.QueryRowContext(ctx, `SELECT substr(hashes, ?, ?) FROM log_hashes WHERE first = ?`, at, tlog.HashSize, first).Scan(&hash); err != nil {
			return nil, fmt.Errorf("read hashes of entry %d: %w", seq, err)
		}
		if at < 1 || len(hash) != tlog.HashSize {
			return nil, fmt.Errorf("read hashes of entry %d: hash %d is not stored", seq, index)
		}
		out[i] = tlog.Hash(hash)
	}
	return out, nil
}
