package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/patient-care-aggregator/aggregator/internal/citizen"
)

// Subjects is the citizen.Store in this database.
type Subjects struct{ db *DB }

// Subjects returns the store of subjects.
func (db *DB) Subjects() Subjects { return Subjects{db} }

const subjectColumns = `SELECT ref, lookup_key_id, lookup_mac, sealed, created_at FROM subjects `

// FindSubject implements citizen.Store.
func (s Subjects) FindSubject(ctx context.Context, lookups []citizen.Lookup) (citizen.Subject, error) {
	for _, l := range lookups {
		found, err := oneSubject(s.db.read.QueryRow(ctx,
			subjectColumns+`WHERE lookup_mac = $1 AND lookup_key_id = $2`, l.MAC[:], l.KeyID))
		if !errors.Is(err, citizen.ErrNoSubject) {
			return found, err
		}
	}
	return citizen.Subject{}, citizen.ErrNoSubject
}

// AddSubject implements citizen.Store.
func (s Subjects) AddSubject(ctx context.Context, n citizen.Subject) (citizen.Subject, error) {
	var stored citizen.Subject // the writer's, unless it says that it is done
	_, err := s.db.perform(ctx, changed{}, func(ctx context.Context, t *tx) (err error) {
		err = t.exec(ctx, `INSERT INTO subjects (ref, lookup_key_id, lookup_mac, sealed, created_at)
			VALUES ($1, $2, $3, $4, $5) ON CONFLICT (lookup_mac, lookup_key_id) DO NOTHING`,
			string(n.Ref), n.Lookup.KeyID, n.Lookup.MAC[:], bytesOf(n.Sealed), n.CreatedAt.UnixNano())
		if err != nil {
			return fmt.Errorf("insert subject: %w", err)
		}
		stored, err = oneSubject(t.QueryRow(ctx,
			subjectColumns+`WHERE lookup_mac = $1 AND lookup_key_id = $2`, n.Lookup.MAC[:], n.Lookup.KeyID))
		return err
	})
	if err != nil {
		return citizen.Subject{}, fmt.Errorf("add subject: %w", err)
	}
	return stored, nil
}

// ReplaceSubject implements citizen.Store.
func (s Subjects) ReplaceSubject(ctx context.Context, n citizen.Subject) error {
	_, err := s.db.perform(ctx, changed{}, func(ctx context.Context, t *tx) error {
		replaced, err := t.execCount(ctx, `UPDATE subjects SET lookup_key_id = $1, lookup_mac = $2, sealed = $3 WHERE ref = $4`,
			n.Lookup.KeyID, n.Lookup.MAC[:], bytesOf(n.Sealed), string(n.Ref))
		if err == nil && replaced == 0 {
			err = citizen.ErrNoSubject
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("replace subject: %w", err)
	}
	return nil
}

// Subject implements citizen.Store.
func (s Subjects) Subject(ctx context.Context, ref citizen.Ref) (citizen.Subject, error) {
	return oneSubject(s.db.read.QueryRow(ctx, subjectColumns+`WHERE ref = $1`, string(ref)))
}

func oneSubject(row pgx.Row) (citizen.Subject, error) {
	s, err := scanSubject(row)
	if errors.Is(err, pgx.ErrNoRows) {
		return citizen.Subject{}, citizen.ErrNoSubject
	}
	if err != nil {
		return citizen.Subject{}, fmt.Errorf("read subject: %w", err)
	}
	return s, nil
}

func scanSubject(row pgx.Row) (s citizen.Subject, err error) {
	var mac []byte
	var created int64
	if err := row.Scan(&s.Ref, &s.Lookup.KeyID, &mac, &s.Sealed, &created); err != nil {
		return s, err
	}
	copy(s.Lookup.MAC[:], mac)
	s.CreatedAt = moment(created)
	return s, nil
}

// moment reads a stored time.
func moment(nanoseconds int64) time.Time { return time.Unix(0, nanoseconds).UTC() }
