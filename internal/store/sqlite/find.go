package sqlite

import (
	"context"
	"strings"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
)

// Find implements audit.Finder.
func (l Log) Find(ctx context.Context, f audit.Filter, after audit.Cursor, limit int) ([]audit.Record, error) {
	var (
		where []string
		args  []any
	)
	and := func(condition string, values ...any) {
		where = append(where, condition)
		args = append(args, values...)
	}
	if !f.Since.IsZero() {
		and(`e.at >= ?`, audit.LeafTime(f.Since))
	}
	if !f.Until.IsZero() {
		and(`e.at < ?`, audit.LeafTime(f.Until))
	}
	if f.Citizen != "" {
		and(`e.citizen = ?`, string(f.Citizen))
	}
	if f.Client != "" {
		and(`e.client = ?`, string(f.Client))
	}
	if len(f.Kinds) > 0 {
		kinds := make([]any, len(f.Kinds))
		for i, k := range f.Kinds {
			kinds[i] = string(k)
		}
		and(`e.kind IN (?`+strings.Repeat(`, ?`, len(kinds)-1)+`)`, kinds...)
	}
	if f.Outcome != "" {
		and(`e.leaf ->> '$.outcome' = ?`, string(f.Outcome))
	}
	if f.Actor != "" {
		and(`e.leaf ->> '$.actor' = ?`, string(f.Actor))
	}
	if f.Consent != "" {
		and(`e.leaf ->> '$.consent' = ?`, f.Consent)
	}
	if f.CorrelationID != "" {
		and(`c.id = ?`, f.CorrelationID)
	}
	behind, order := `(e.at, e.seq) > (?, ?)`, `e.at, e.seq`
	if f.NewestFirst {
		behind, order = `(e.at, e.seq) < (?, ?)`, `e.at DESC, e.seq DESC`
	}
	if after != (audit.Cursor{}) {
		and(behind, after.At, after.Seq)
	}
	condition := ``
	if len(where) > 0 {
		condition = `WHERE ` + strings.Join(where, ` AND `)
	}
	// Only constants are joined into the text; every value is a parameter.
	query := `SELECT e.seq, e.leaf, h.hashes, c.salt, c.id FROM log_entries AS e
		LEFT JOIN log_hashes AS h ON h.seq = e.seq
		LEFT JOIN log_correlations AS c ON c.seq = e.seq
		` + condition + ` ORDER BY ` + order + ` LIMIT ?`
	return l.records(ctx, query, append(args, limit)...)
}
