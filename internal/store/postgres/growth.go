package postgres

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/store/logrows"
)

// logEnd is the row of log_head: where the log ends.
type logEnd struct {
	edge    audit.Edge
	latest  time.Time
	changes int64
}

func readEnd(ctx context.Context, q querier, query string) (logEnd, error) {
	end, err := scanEnd(q.QueryRow(ctx, query))
	if err != nil {
		return end, fmt.Errorf("read the end of the log: %w", err)
	}
	return end, nil
}

func scanEnd(row pgx.Row) (end logEnd, err error) {
	var size, latest int64
	var edge []byte
	if err := row.Scan(&size, &latest, &edge, &end.changes); err != nil {
		return end, err
	}
	end.latest = moment(latest)
	end.edge, err = audit.ReadEdge(size, tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		hashes := logrows.SplitHashes(edge)
		if len(hashes) != len(indexes) {
			return nil, fmt.Errorf("the head row has %d hashes instead of %d", len(hashes), len(indexes))
		}
		return hashes, nil
	}))
	return end, err
}

// growth is the log with the entries of one transaction, of which nothing counts before the
// commit.
type growth struct {
	edge   audit.Edge
	latest time.Time
	rows   logrows.Rows
	lists  lists
	closed map[audit.ListID]bool // lists of people who are being erased
}

func grow(end logEnd) *growth {
	return &growth{
		edge: end.edge.Clone(), latest: end.latest, rows: logrows.Rows{First: end.edge.Size()},
		lists: newLists(), closed: map[audit.ListID]bool{},
	}
}

// place gives an entry its number, its time and its place in the tree.
func (g *growth) place(p *audit.Prepared) error {
	list := g.listOf(&p.Entry)
	end := g.lists.ends[list]
	if end == nil { // one that is nobody's
		end = g.lists.begin(list, "")
	}
	if p.Entry.At.After(g.latest) {
		g.latest = p.Entry.At
	}
	if e := p.Entry; (audit.Entry{Kind: e.Kind, Outcome: e.Outcome, List: list}).Closes() {
		g.closed[list] = true
	}
	seq := g.edge.Size()
	leaf, opening := p.Place(g.latest, list, end.number+1, end.last)
	end.number, end.last, end.moved = end.number+1, seq, true
	return g.rows.Add(leaf, opening, g.edge.Append(audit.LeafHash(leaf))) //nolint:wrapcheck // says which entry
}

// listOf is the list that an entry belongs to. The list of somebody who was erased is
// closed: what comes later is about nobody in particular.
func (g *growth) listOf(e *audit.Entry) audit.ListID {
	list := e.List
	if e.Citizen != "" {
		list = g.lists.ofCitizen(e.Citizen)
	}
	if g.lists.ends[list] != nil && !g.closed[list] {
		return list
	}
	return audit.OfNobody(e.Kind)
}

// queueRows adds the rows of the entries to a trip.
func (g *growth) queueRows(trip *pgx.Batch) {
	if len(g.rows.Leaves) == 0 {
		return
	}
	trip.Queue(`INSERT INTO log_leaves (first, leaves) VALUES ($1, $2)`, g.rows.First, g.rows.Leaves)
	trip.Queue(`INSERT INTO log_hashes (first, hashes) VALUES ($1, $2)`, g.rows.First, g.rows.Hashes)
	trip.Queue(`INSERT INTO log_openings (first, openings) VALUES ($1, $2)`, g.rows.First, g.rows.Openings)
	g.lists.queueEnds(trip)
}

// queueEnd adds where the log ends now.
func (g *growth) queueEnd(trip *pgx.Batch, before logEnd, changes int64) {
	if len(g.rows.Leaves) == 0 && changes == before.changes {
		return
	}
	trip.Queue(`UPDATE log_head SET size = $1, latest = $2, edge = $3, changes = $4`,
		g.edge.Size(), g.latest.UnixNano(), logrows.JoinHashes(g.edge.Subtrees()), changes)
}

// lists is where the lists of a transaction's entries end.
type lists struct {
	ends  map[audit.ListID]*listEnd
	of    map[citizen.Ref]audit.ListID
	known map[citizen.Ref]bool // who has no list yet, and gets one with their first entry
}

type listEnd struct {
	list         audit.ListID
	citizen      citizen.Ref // empty: nobody's
	number, last int64       // 0 and -1: it has no entry yet
	added, moved bool
}

func newLists() lists {
	return lists{ends: map[audit.ListID]*listEnd{}, of: map[citizen.Ref]audit.ListID{}, known: map[citizen.Ref]bool{}}
}

// begin adds a list.
func (l *lists) begin(list audit.ListID, who citizen.Ref) *listEnd {
	end := &listEnd{list: list, citizen: who, last: -1, added: true}
	l.ends[list] = end
	return end
}

// ofCitizen is the list of a citizen; zero: the citizen is not known, or was erased.
func (l *lists) ofCitizen(ref citizen.Ref) audit.ListID {
	list, ok := l.of[ref]
	if !ok && l.known[ref] {
		list = audit.NewList()
		l.of[ref] = list
		l.begin(list, ref)
	}
	return list
}

// queue reads where the lists of all entries of a batch end.
func (l *lists) queue(trip *pgx.Batch, batch []*act) {
	var refs []string
	ids := [][]byte{audit.Everybody[:], audit.Service[:]}
	for _, a := range batch {
		for _, p := range a.Entries {
			if p.Entry.Citizen != "" {
				refs = append(refs, string(p.Entry.Citizen))
			} else if p.Entry.List != (audit.ListID{}) {
				ids = append(ids, p.Entry.List[:])
			}
		}
	}
	slices.Sort(refs)
	var id []byte
	var end listEnd
	var known bool
	read := func(rows pgx.Rows) error {
		_, err := pgx.ForEachRow(rows, []any{&end.citizen, &id, &end.number, &end.last, &known}, func() error {
			if id == nil {
				l.known[end.citizen] = known
				return nil
			}
			found := end
			found.list = audit.ListID(id)
			l.ends[found.list] = &found
			if found.citizen != "" {
				l.of[found.citizen] = found.list
			}
			return nil
		})
		return err
	}
	if len(refs) > 0 {
		trip.Queue(`SELECT u.citizen, h.list, coalesce(h.number, 0), coalesce(h.last, -1),
				h.list IS NULL AND EXISTS (SELECT 1 FROM subjects AS s WHERE s.ref = u.citizen)
			FROM unnest($1::text[]) AS u (citizen) LEFT JOIN log_heads AS h ON h.citizen = u.citizen`, slices.Compact(refs)).Query(read)
	}
	trip.Queue(`SELECT coalesce(citizen, ''), list, number, last, true FROM log_heads WHERE list = ANY ($1::bytea[])`, ids).Query(read)
}

// queueEnds writes where lists end, in the order of their ids.
func (l *lists) queueEnds(trip *pgx.Batch) {
	var moved []*listEnd
	for _, end := range l.ends {
		if end.moved {
			moved = append(moved, end)
		}
	}
	slices.SortFunc(moved, func(a, b *listEnd) int { return bytes.Compare(a.list[:], b.list[:]) })
	var ids [][]byte
	var numbers, lasts []int64
	for _, end := range moved {
		if end.added {
			var who *string
			if end.citizen != "" {
				who = (*string)(&end.citizen)
			}
			trip.Queue(`INSERT INTO log_heads (list, citizen, number, last) VALUES ($1, $2, $3, $4)`, end.list[:], who, end.number, end.last)
			continue
		}
		ids, numbers, lasts = append(ids, end.list[:]), append(numbers, end.number), append(lasts, end.last)
	}
	if len(ids) > 0 {
		trip.Queue(`UPDATE log_heads AS h SET number = u.number, last = u.last
			FROM unnest($1::bytea[], $2::bigint[], $3::bigint[]) AS u (list, number, last) WHERE h.list = u.list`, ids, numbers, lasts)
	}
}
