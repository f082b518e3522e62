package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/patient-care-aggregator/aggregator/internal/approval"
	"github.com/patient-care-aggregator/aggregator/internal/audit"
)

// Proposals implements approval.Store.
type Proposals struct{ db *DB }

// Proposals are acts of staff that somebody proposed.
func (db *DB) Proposals() Proposals { return Proposals{db} }

// Propose implements approval.Store.
func (s Proposals) Propose(ctx context.Context, p approval.Proposal, e audit.Entry) error {
	body, err := p.Body()
	if err != nil {
		return err
	}
	_, err = s.db.perform(ctx, changed{}, func(ctx context.Context, t *tx) error {
		return t.exec(ctx, `INSERT INTO proposals (id, kind, proposed, proposed_by, proposed_at, state, decided_by, decided_at) VALUES ($1, $2, $3, $4, $5, $6, '', 0)`,
			p.ID, string(p.Kind), string(body), string(p.By), p.At.UnixNano(), string(p.State))
	}, e)
	if err != nil {
		return fmt.Errorf("keep a proposal: %w", err)
	}
	return nil
}

const proposalColumns = `SELECT id, kind, proposed, proposed_by, proposed_at, state, decided_by, decided_at FROM proposals `

// Proposal implements approval.Store.
func (s Proposals) Proposal(ctx context.Context, id string) (approval.Proposal, error) {
	if !isText(id) {
		return approval.Proposal{}, approval.ErrNone
	}
	p, err := scanProposal(s.db.read.QueryRow(ctx, proposalColumns+`WHERE id = $1`, id))
	if errors.Is(err, pgx.ErrNoRows) {
		return approval.Proposal{}, approval.ErrNone
	}
	if err != nil {
		return approval.Proposal{}, fmt.Errorf("read a proposal: %w", err)
	}
	return p, nil
}

// Proposals implements approval.Store.
func (s Proposals) Proposals(ctx context.Context, since time.Time) ([]approval.Proposal, error) {
	all, err := collect(ctx, s.db.read, func(row pgx.CollectableRow) (approval.Proposal, error) { return scanProposal(row) },
		proposalColumns+`WHERE proposed_at >= $1 ORDER BY proposed_at, id`, since.UnixNano())
	if err != nil {
		return nil, fmt.Errorf("read proposals: %w", err)
	}
	return all, nil
}

func scanProposal(row pgx.Row) (p approval.Proposal, err error) {
	var body string
	var at, decided int64
	if err := row.Scan(&p.ID, &p.Kind, &body, &p.By, &at, &p.State, &p.DecidedBy, &decided); err != nil {
		return p, err
	}
	p.At = moment(at)
	if decided != 0 {
		p.DecidedAt = moment(decided)
	}
	return p, p.ReadBody([]byte(body))
}

// Decide implements approval.Store.
func (s Proposals) Decide(ctx context.Context, id string, from, to approval.State, by audit.Actor, at time.Time, e audit.Entry) error {
	var entries []audit.Entry
	if e.Kind != "" {
		entries = []audit.Entry{e}
	}
	_, err := s.db.perform(ctx, changed{}, func(ctx context.Context, t *tx) error {
		decided, err := t.execCount(ctx, `UPDATE proposals SET state = $1, decided_by = $2, decided_at = $3 WHERE id = $4 AND state = $5`,
			string(to), string(by), at.UnixNano(), id, string(from))
		if err == nil && decided == 0 {
			err = approval.ErrDecided
		}
		return err
	}, entries...)
	if err != nil {
		return fmt.Errorf("decide a proposal: %w", err)
	}
	return nil
}

// RemoveProposals implements approval.Store.
func (s Proposals) RemoveProposals(ctx context.Context, before time.Time) error {
	_, err := s.db.perform(ctx, changed{}, func(ctx context.Context, t *tx) error {
		return t.exec(ctx, `DELETE FROM proposals WHERE proposed_at < $1`, before.UnixNano())
	})
	if err != nil {
		return fmt.Errorf("remove proposals: %w", err)
	}
	return nil
}
