package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/client"
)

// Count implements audit.Statistician.
func (l Log) Count(ctx context.Context, since, until time.Time) ([]audit.Count, error) {
	rows, err := l.db.read.QueryContext(ctx, `
		SELECT substr(at, 1, 10) AS day, kind, leaf ->> '$.outcome' AS outcome, client, count(*)
		FROM log_entries WHERE at >= ? AND at < ? GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4`,
		audit.LeafTime(since), audit.LeafTime(until))
	if err != nil {
		return nil, fmt.Errorf("count log entries: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var out []audit.Count
	for rows.Next() {
		var c audit.Count
		var by sql.Null[string]
		if err := rows.Scan(&c.Day, &c.Kind, &c.Outcome, &by, &c.Entries); err != nil {
			return nil, fmt.Errorf("count log entries: %w", err)
		}
		if by.Valid {
			c.Client = client.ID(by.V)
		}
		out = append(out, c)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("count log entries: %w", err)
	}
	return out, nil
}
