package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

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
		found, err := scanSubject(s.db.read.QueryRowContext(ctx,
			subjectColumns+`WHERE lookup_mac = ? AND lookup_key_id = ?`, l.MAC[:], l.KeyID))
		if !errors.Is(err, citizen.ErrNoSubject) {
			return found, err
		}
	}
	return citizen.Subject{}, citizen.ErrNoSubject
}

// AddSubject implements citizen.Store.
func (s Subjects) AddSubject(ctx context.Context, n citizen.Subject) (citizen.Subject, error) {
	var stored citizen.Subject
	_, err := s.db.perform(ctx, func(ctx context.Context, t *tx) (err error) {
		err = t.exec(ctx, `INSERT INTO subjects (ref, lookup_key_id, lookup_mac, sealed, created_at)
			VALUES (?, ?, ?, ?, ?) ON CONFLICT (lookup_mac, lookup_key_id) DO NOTHING`,
			string(n.Ref), n.Lookup.KeyID, n.Lookup.MAC[:], n.Sealed, n.CreatedAt.UnixNano())
		if err != nil {
			return fmt.Errorf("insert subject: %w", err)
		}
		stored, err = scanSubject(t.row(ctx,
			subjectColumns+`WHERE lookup_mac = ? AND lookup_key_id = ?`, n.Lookup.MAC[:], n.Lookup.KeyID))
		return err
	})
	if err != nil {
		return citizen.Subject{}, fmt.Errorf("add subject: %w", err)
	}
	return stored, nil
}

// ReplaceSubject implements citizen.Store.
func (s Subjects) ReplaceSubject(ctx context.Context, n citizen.Subject) error {
	_, err := s.db.perform(ctx, func(ctx context.Context, t *tx) error {
		changed, err := t.execCount(ctx, `UPDATE subjects SET lookup_key_id = ?, lookup_mac = ?, sealed = ? WHERE ref = ?`,
			n.Lookup.KeyID, n.Lookup.MAC[:], n.Sealed, string(n.Ref))
		if err == nil && changed == 0 {
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
	return scanSubject(s.db.read.QueryRowContext(ctx, subjectColumns+`WHERE ref = ?`, string(ref)))
}

func scanSubject(row scanner) (citizen.Subject, error) {
	var (
		s       citizen.Subject
		mac     []byte
		created int64
	)
	err := row.Scan(&s.Ref, &s.Lookup.KeyID, &mac, &s.Sealed, &created)
	if errors.Is(err, sql.ErrNoRows) {
		return citizen.Subject{}, citizen.ErrNoSubject
	}
	if err != nil {
		return citizen.Subject{}, fmt.Errorf("read subject: %w", err)
	}
	copy(s.Lookup.MAC[:], mac)
	s.CreatedAt = moment(created)
	return s, nil
}

// moment reads a stored time.
func moment(nanoseconds int64) time.Time { return time.Unix(0, nanoseconds).UTC() }
