package postgres

import (
	"context"
	"fmt"
	"sync"

	"github.com/jackc/pgx/v5"
)

// leadership is the advisory lock of the process that does what only one may do.
const leadership = 0x6361_7265_6c65_6164 // "carelead"

// leader is the claim of this process to lead. The lock belongs to a connection of its own:
// if that is lost, so is the lead.
type leader struct {
	config *pgx.ConnConfig

	mu    sync.Mutex
	conn  *pgx.Conn // nil: not connected
	leads bool
}

// Leads reports whether this process does what only one of all may do: sign checkpoints,
// propose retention. Once it leads it goes on until it ends or its connection is lost. Ask
// before each piece of such work.
func (db *DB) Leads(ctx context.Context) (bool, error) {
	leads, err := db.leader.ask(ctx)
	if err != nil {
		return false, fmt.Errorf("ask who leads: %w", err)
	}
	return leads, nil
}

func (l *leader) ask(ctx context.Context) (leads bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, tripTime)
	defer cancel()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.leads {
		if _, err := l.conn.Exec(ctx, `SELECT 1`); err == nil { // the lock is there while the connection is
			return true, nil
		}
		l.leads = false
		_ = l.conn.Close(context.WithoutCancel(ctx))
	}
	if l.conn == nil || l.conn.IsClosed() {
		if l.conn, err = connect(ctx, l.config); err != nil {
			return false, err
		}
	}
	if err := l.conn.QueryRow(ctx, `SELECT pg_try_advisory_lock($1)`, int64(leadership)).Scan(&l.leads); err != nil {
		_ = l.conn.Close(context.WithoutCancel(ctx))
		return false, err
	}
	return l.leads, nil
}

// stop gives up the lead.
func (l *leader) stop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.conn != nil {
		ctx, cancel := context.WithTimeout(context.Background(), connectTime)
		defer cancel()
		_ = l.conn.Close(ctx)
	}
}
