package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
)

// tree is the right edge of the log's tree, as the writer knows it.
type tree struct{ edge audit.Edge }

func (t *tree) clone() *tree { return &tree{edge: t.edge.Clone()} }

// append places one entry and its hashes.
func (t *tree) append(ctx context.Context, x *tx, e entry) error {
	seq := t.edge.Size()
	completed := t.edge.Append(e.hash)
	if err := x.exec(ctx, `INSERT INTO log_entries (seq, leaf) VALUES (?, ?)`, seq, string(e.leaf)); err != nil {
		return fmt.Errorf("insert log entry: %w", err)
	}
	if err := x.exec(ctx, `INSERT INTO log_hashes (seq, hashes) VALUES (?, ?)`, seq, joinHashes(completed)); err != nil {
		return fmt.Errorf("insert log hashes: %w", err)
	}
	if e.correlationID == "" {
		return nil
	}
	err := x.exec(ctx, `INSERT INTO log_correlations (seq, salt, id) VALUES (?, ?, ?)`, seq, e.salt[:], e.correlationID)
	if err != nil {
		return fmt.Errorf("insert correlation: %w", err)
	}
	return nil
}

const sizeQuery = `SELECT coalesce(max(seq) + 1, 0) FROM log_hashes`

// readTree reads the edge inside the writer's transaction.
func readTree(ctx context.Context, x *tx) (*tree, error) {
	var size int64
	if err := x.row(ctx, sizeQuery).Scan(&size); err != nil {
		return nil, fmt.Errorf("read log size: %w", err)
	}
	edge, err := audit.ReadEdge(size, tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		return readHashes(ctx, x.conn, indexes)
	}))
	if err != nil {
		return nil, fmt.Errorf("read the end of the log: %w", err)
	}
	return &tree{edge: edge}, nil
}

type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// readHashes finds stored hashes: the one of level l and number n was completed
// by the last leaf below it, and is the l-th hash stored with that leaf.
func readHashes(ctx context.Context, q querier, indexes []int64) ([]tlog.Hash, error) {
	places := make([]int64, len(indexes))
	for i, index := range indexes {
		level, n := tlog.SplitStoredHashIndex(index)
		places[i] = (n+1)<<level - 1
	}
	stored, err := hashesAt(ctx, q, places)
	if err != nil {
		return nil, err
	}
	out := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		level, _ := tlog.SplitStoredHashIndex(index)
		completed := stored[places[i]]
		if level >= len(completed) {
			return nil, fmt.Errorf("read hashes of entry %d: %d hashes are stored and none of level %d", places[i], len(completed), level)
		}
		out[i] = completed[level]
	}
	return out, nil
}

// hashesAt reads the hashes stored with entries; absent ones are omitted.
func hashesAt(ctx context.Context, q querier, places []int64) (map[int64][]tlog.Hash, error) {
	list, err := json.Marshal(places)
	if err != nil {
		return nil, fmt.Errorf("read hashes: %w", err)
	}
	rows, err := q.QueryContext(ctx, `SELECT seq, hashes FROM log_hashes WHERE seq IN (SELECT value FROM json_each(?))`, string(list))
	if err != nil {
		return nil, fmt.Errorf("read hashes: %w", err)
	}
	defer func() { _ = rows.Close() }()
	out := make(map[int64][]tlog.Hash, len(places))
	for rows.Next() {
		var (
			seq  int64
			blob []byte
		)
		if err := rows.Scan(&seq, &blob); err != nil {
			return nil, fmt.Errorf("read hashes: %w", err)
		}
		if out[seq], err = splitHashes(blob); err != nil {
			return nil, fmt.Errorf("read hashes of entry %d: %w", seq, err)
		}
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read hashes: %w", err)
	}
	return out, nil
}

func joinHashes(hashes []tlog.Hash) []byte {
	out := make([]byte, 0, len(hashes)*tlog.HashSize)
	for _, h := range hashes {
		out = append(out, h[:]...)
	}
	return out
}

func splitHashes(blob []byte) ([]tlog.Hash, error) {
	if len(blob)%tlog.HashSize != 0 {
		return nil, fmt.Errorf("%d bytes are not a multiple of the hash size", len(blob))
	}
	out := make([]tlog.Hash, 0, len(blob)/tlog.HashSize)
	for ; len(blob) > 0; blob = blob[tlog.HashSize:] {
		out = append(out, tlog.Hash(blob[:tlog.HashSize]))
	}
	return out, nil
}
