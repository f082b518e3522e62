package postgres

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/session"
)

// Sessions is the session.Store in this database.
type Sessions struct{ db *DB }

// Sessions returns the store of sessions.
func (db *DB) Sessions() Sessions { return Sessions{db} }

// AddSession implements session.Store. A citizen who was erased meanwhile gives
// citizen.ErrNoSubject and no entry.
func (s Sessions) AddSession(ctx context.Context, r session.Record, a audit.Entry) error {
	_, err := s.db.perform(ctx, changed{}, func(ctx context.Context, t *tx) error { return insertSession(ctx, t, r) }, a)
	if err != nil {
		return fmt.Errorf("add session: %w", err)
	}
	return nil
}

func insertSession(ctx context.Context, t *tx, r session.Record) error {
	err := t.exec(ctx, `INSERT INTO sessions (hash, citizen, sealed, created_at, seen_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6)`,
		r.Hash[:], string(r.Citizen), bytesOf(r.Sealed), r.CreatedAt.UnixNano(), r.SeenAt.UnixNano(), r.ExpiresAt.UnixNano())
	const foreignKey = "23503"
	var said *pgconn.PgError
	if errors.As(err, &said) && said.Code == foreignKey {
		return citizen.ErrNoSubject
	}
	return err
}

// bytesOf is never NULL.
func bytesOf(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

// Session implements session.Store.
func (s Sessions) Session(ctx context.Context, hash [32]byte) (session.Record, error) {
	r := session.Record{Hash: hash}
	var created, seen, expires int64
	err := s.db.read.QueryRow(ctx,
		`SELECT citizen, sealed, created_at, seen_at, expires_at FROM sessions WHERE hash = $1`, hash[:]).
		Scan(&r.Citizen, &r.Sealed, &created, &seen, &expires)
	if errors.Is(err, pgx.ErrNoRows) {
		return session.Record{}, session.ErrNone
	}
	if err != nil {
		return session.Record{}, fmt.Errorf("read session: %w", err)
	}
	r.CreatedAt, r.SeenAt, r.ExpiresAt = moment(created), moment(seen), moment(expires)
	return r, nil
}

// TouchSessions implements session.Store. A time earlier than the stored one changes nothing.
// It waits for nobody: a session that somebody else is writing is left as it is, to be
// touched the next time.
func (s Sessions) TouchSessions(ctx context.Context, seen map[[32]byte]time.Time) error {
	hashes := slices.SortedFunc(maps.Keys(seen), func(a, b [32]byte) int { return bytes.Compare(a[:], b[:]) })
	ids, times := make([][]byte, len(hashes)), make([]int64, len(hashes))
	for i, hash := range hashes {
		ids[i], times[i] = hash[:], seen[hash].UnixNano()
	}
	_, err := s.db.read.Exec(ctx, `UPDATE sessions AS s SET seen_at = greatest(s.seen_at, u.at)
		FROM (SELECT o.hash, u.at FROM unnest($1::bytea[], $2::bigint[]) AS u (hash, at) JOIN sessions AS o ON o.hash = u.hash
			ORDER BY o.hash FOR NO KEY UPDATE OF o SKIP LOCKED) AS u
		WHERE s.hash = u.hash`, ids, times)
	if err != nil {
		return fmt.Errorf("touch sessions: %w", err)
	}
	return nil
}

// RemoveSession implements session.Store.
func (s Sessions) RemoveSession(ctx context.Context, hash [32]byte, a audit.Entry) error {
	_, err := s.db.perform(ctx, changed{citizens: []citizen.Ref{a.Citizen}, anybody: a.Citizen == ""},
		func(ctx context.Context, t *tx) error { return deleteSession(ctx, t, hash) }, a)
	if err != nil {
		return fmt.Errorf("remove session: %w", err)
	}
	return nil
}

func deleteSession(ctx context.Context, t *tx, hash [32]byte) error {
	removed, err := t.execCount(ctx, `DELETE FROM sessions WHERE hash = $1`, hash[:])
	if err == nil && removed == 0 {
		err = session.ErrNone
	}
	return err
}

// ReplaceSession implements session.Store. A citizen who was erased meanwhile gives
// citizen.ErrNoSubject; then the old session stays.
func (s Sessions) ReplaceSession(ctx context.Context, old [32]byte, ended audit.Entry, r session.Record, started audit.Entry) error {
	who := changed{citizens: []citizen.Ref{r.Citizen}}
	if ended.Citizen != r.Citizen {
		who.citizens = append(who.citizens, ended.Citizen)
	}
	_, err := s.db.perform(ctx, who, func(ctx context.Context, t *tx) error {
		if err := deleteSession(ctx, t, old); err != nil {
			return err
		}
		return insertSession(ctx, t, r)
	}, ended, started)
	if err != nil {
		return fmt.Errorf("replace session: %w", err)
	}
	return nil
}

// Times implements store.Sessions.
func (s Sessions) Times(ctx context.Context, ref citizen.Ref) ([]session.Record, error) {
	out, err := collect(ctx, s.db.read, func(row pgx.CollectableRow) (session.Record, error) {
		var created, seen, expires int64
		err := row.Scan(&created, &seen, &expires)
		return session.Record{CreatedAt: moment(created), SeenAt: moment(seen), ExpiresAt: moment(expires)}, err
	}, `SELECT created_at, seen_at, expires_at FROM sessions WHERE citizen = $1 ORDER BY created_at`, string(ref))
	if err != nil {
		return nil, fmt.Errorf("read sessions: %w", err)
	}
	return out, nil
}

// EndSessions implements store.Sessions.
func (s Sessions) EndSessions(ctx context.Context, ref citizen.Ref, a audit.Entry) (int, error) {
	var ended int64 // the writer's, unless it says that it is done
	_, err := s.db.perform(ctx, changed{citizens: []citizen.Ref{ref}}, func(ctx context.Context, t *tx) (err error) {
		ended, err = t.execCount(ctx, `DELETE FROM sessions WHERE $1 = '' OR citizen = $1`, string(ref))
		return err
	}, a)
	if err != nil {
		return 0, fmt.Errorf("end sessions: %w", err)
	}
	return int(ended), nil
}

// RemoveExpiredSessions implements session.Store. Nobody has to be told: a session that is
// over is refused by its own times.
func (s Sessions) RemoveExpiredSessions(ctx context.Context, before, idleBefore time.Time) (int, error) {
	var removed int64 // the writer's, unless it says that it is done
	_, err := s.db.perform(ctx, changed{}, func(ctx context.Context, t *tx) (err error) {
		removed, err = t.execCount(ctx, `DELETE FROM sessions WHERE expires_at < $1 OR seen_at < $2`, before.UnixNano(), idleBefore.UnixNano())
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("remove expired sessions: %w", err)
	}
	return int(removed), nil
}
