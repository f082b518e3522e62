//go:build linux

package postgrestrial

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/citizen"
)

// act is an entry about a citizen, under a guard or with the withdrawal of their consent.
type act struct {
	prepared  *audit.Prepared
	guard     audit.Guard // zero: none
	withdrawn int64       // sequence number of the consent event that is written with it; 0: none
	done      chan error
}

// writer appends for one process. Several may write to one log.
type writer struct {
	conn  *pgx.Conn
	queue chan *act
	// bare leaves out what makes guards and several writers right: it knows where the log
	// and each list end, and sends all in one trip. The form is measured against that.
	bare   bool
	end    end
	places map[citizen.Ref]place
}

// place is where a citizen's list ends.
type place struct {
	list         audit.ListID
	number, last int64
}

const batchLimit = 256

// run writes what waits until the queue is closed. After a failure it writes no more and
// answers everybody with it.
func (w *writer) run(ctx context.Context) (failed error) {
	for first := range w.queue {
		acts := []*act{first}
		if failed == nil {
			failed = w.batch(ctx, &acts)
		}
		if failed != nil {
			for _, a := range acts {
				a.done <- failed
			}
		}
	}
	return failed
}

// gather takes what waits, without waiting for more.
func (w *writer) gather(acts *[]*act) {
	for len(*acts) < batchLimit {
		select {
		case a, ok := <-w.queue:
			if !ok {
				return
			}
			*acts = append(*acts, a)
		default:
			return
		}
	}
}

// batch writes the first act and what waits when the writer holds the lock.
func (w *writer) batch(ctx context.Context, acts *[]*act) error {
	outcomes := map[*act]error{}
	if w.bare {
		w.gather(acts)
	} else {
		if err := w.lock(ctx); err != nil {
			return fmt.Errorf("lock: %w", err)
		}
		w.gather(acts)
		if err := w.judge(ctx, *acts, outcomes); err != nil {
			return fmt.Errorf("judge: %w", err)
		}
	}
	if err := w.write(ctx, *acts, outcomes); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	for _, a := range *acts {
		a.done <- outcomes[a]
	}
	return nil
}

// lock is the first trip: nobody else writes to the log from here to COMMIT.
func (w *writer) lock(ctx context.Context) error {
	var trip pgx.Batch
	trip.Queue(`BEGIN`)
	trip.Queue(`SELECT size, latest, edge FROM log_head WHERE one = 1 FOR UPDATE`).QueryRow(func(row pgx.Row) error {
		var edge []byte
		err := row.Scan(&w.end.size, &w.end.latest, &edge)
		w.end.edge = hashesOf(edge)
		return err
	})
	return w.conn.SendBatch(ctx, &trip).Close()
}

// judge is the second trip, in statements later than the lock: an earlier snapshot would
// not have what the writer before committed.
func (w *writer) judge(ctx context.Context, acts []*act, outcomes map[*act]error) error {
	var refs, clients, owners []string
	var sessions [][]byte
	var guarded []*act
	for _, a := range acts {
		refs = append(refs, string(a.prepared.Entry.Citizen))
		if a.guard.IsZero() {
			continue
		}
		session, _ := a.guard.Session()
		guarded = append(guarded, a)
		owners = append(owners, string(a.guard.Citizen()))
		clients = append(clients, string(a.guard.Client()))
		sessions = append(sessions, session[:])
	}
	slices.Sort(refs)
	w.places = map[citizen.Ref]place{}
	found := make([]audit.GuardState, len(guarded))
	var trip pgx.Batch
	trip.Queue(`SELECT h.citizen, h.list, h.number, h.last FROM unnest($1::text[]) AS u (citizen) JOIN log_heads AS h USING (citizen)`, slices.Compact(refs)).
		Query(func(rows pgx.Rows) error {
			var ref string
			var list []byte
			var p place
			_, err := pgx.ForEachRow(rows, []any{&ref, &list, &p.number, &p.last}, func() error {
				p.list = audit.ListID(list)
				w.places[citizen.Ref(ref)] = p
				return nil
			})
			return err
		})
	trip.Queue(`SELECT coalesce((SELECT seq FROM consent_events AS e WHERE e.citizen = u.citizen AND e.client = u.client ORDER BY seq DESC LIMIT 1), 0),
			coalesce((SELECT citizen FROM sessions AS s WHERE s.hash = u.session), '')
		FROM unnest($1::text[], $2::text[], $3::bytea[]) WITH ORDINALITY AS u (citizen, client, session, place) ORDER BY place`, owners, clients, sessions).
		Query(func(rows pgx.Rows) error {
			var seq int64
			var owner string
			i := 0
			_, err := pgx.ForEachRow(rows, []any{&seq, &owner}, func() error {
				found[i] = audit.GuardState{ConsentSeq: seq, SessionOf: citizen.Ref(owner)}
				i++
				return nil
			})
			return err
		})
	if err := w.conn.SendBatch(ctx, &trip).Close(); err != nil {
		return err
	}
	// In the order of the batch, in which a withdrawal holds for what comes after it.
	withdrawn := map[citizen.Ref]int64{}
	for _, a := range acts {
		if a.withdrawn > 0 {
			withdrawn[a.prepared.Entry.Citizen] = a.withdrawn
		}
		if a.guard.IsZero() {
			continue
		}
		state := found[0]
		found = found[1:]
		state.ConsentSeq = max(state.ConsentSeq, withdrawn[a.guard.Citizen()])
		outcomes[a] = a.guard.Judge(state, instant)
	}
	return nil
}

// write is the last trip: the rows, and COMMIT.
func (w *writer) write(ctx context.Context, acts []*act, outcomes map[*act]error) error {
	rows := batchRows{first: w.end.size}
	changed := map[citizen.Ref]bool{}
	var trip pgx.Batch
	if w.bare {
		trip.Queue(`BEGIN`)
	}
	for _, a := range acts {
		if outcomes[a] != nil {
			continue
		}
		ref := a.prepared.Entry.Citizen
		p, ok := w.places[ref]
		if !ok {
			return errors.New("a citizen without a list")
		}
		w.end.latest = max(w.end.latest, a.prepared.Entry.At.UnixNano())
		leaf, opening := a.prepared.Place(time.Unix(0, w.end.latest).UTC(), p.list, p.number+1, p.last)
		w.places[ref] = place{p.list, p.number + 1, w.end.size}
		changed[ref] = true
		if err := rows.add(leaf, opening, w.end.append(audit.LeafHash(leaf))); err != nil {
			return err
		}
		if a.withdrawn > 0 {
			trip.Queue(`INSERT INTO consent_events (citizen, seq, client, kind) VALUES ($1, $2, 'app-one', 'withdrawn')`, string(ref), a.withdrawn)
		}
	}
	if len(rows.leaves) > 0 {
		trip.Queue(`INSERT INTO log_leaves (first, leaves) VALUES ($1, $2)`, rows.first, rows.leaves)
		trip.Queue(`INSERT INTO log_hashes (first, hashes) VALUES ($1, $2)`, rows.first, rows.hashes)
		trip.Queue(`INSERT INTO log_openings (first, openings) VALUES ($1, $2)`, rows.first, rows.openings)
		w.queueHeads(&trip, changed)
		trip.Queue(`UPDATE log_head SET size = $1, latest = $2, edge = $3 WHERE one = 1`, w.end.size, w.end.latest, w.end.edgeBytes())
	}
	trip.Queue(`COMMIT`)
	return w.conn.SendBatch(ctx, &trip).Close()
}

// queueHeads updates the heads of the lists in order of their ids.
func (w *writer) queueHeads(trip *pgx.Batch, changed map[citizen.Ref]bool) {
	var ends []place
	for ref := range changed {
		ends = append(ends, w.places[ref])
	}
	slices.SortFunc(ends, func(a, b place) int { return bytes.Compare(a.list[:], b.list[:]) })
	var lists [][]byte
	var numbers, lasts []int64
	for _, p := range ends {
		lists, numbers, lasts = append(lists, p.list[:]), append(numbers, p.number), append(lasts, p.last)
	}
	trip.Queue(`UPDATE log_heads AS h SET number = u.number, last = u.last
		FROM unnest($1::bytea[], $2::bigint[], $3::bigint[]) AS u (list, number, last) WHERE h.list = u.list`, lists, numbers, lasts)
}
