package sqlite

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/store/logrows"
)

// head is where a list ends.
type head struct {
	number int64 // 0: it has no entry yet
	last   int64 // sequence number of its newest entry; -1: none
}

// heads is where lists end, as the writer knows it. The table is brought up to date
// from time to time and not in each transaction, because each list is on a page of its
// own there; openings tell what it does not know yet. That a list is somebody's is
// written at once.
type heads struct {
	byList   map[audit.ListID]head
	lists    map[citizen.Ref]audit.ListID
	outdated map[audit.ListID]struct{} // in the table
	// saving are the lists that are still to be saved before the table is known to be
	// as the log was at the size of savingSize.
	saving     []audit.ListID
	savingSize int64
}

const (
	// mostOutdated is how many lists may be outdated in the table, and mostKept how many
	// are remembered: about 100 bytes each.
	mostOutdated = 1 << 17
	mostKept     = 1 << 18
	// saveStep is how many are saved at a time while others wait to write.
	saveStep = 1 << 11
	// saveTicks is after how many ticks they are saved: what the table does not know has
	// to be read by everybody who follows a list, and each time costs a commit.
	saveTicks = 20
)

// due reports whether heads are to be saved although there is something to write.
func (h *heads) due() bool { return len(h.saving) > 0 || len(h.outdated) >= mostOutdated }

// readHeads begins with the lists that the table does not know the end of.
func readHeads(ctx context.Context, x *tx) (*heads, error) {
	h := &heads{byList: map[audit.ListID]head{}, lists: map[citizen.Ref]audit.ListID{}, outdated: map[audit.ListID]struct{}{}}
	ends, err := laterEnds(ctx, x.conn)
	if err != nil {
		return nil, err
	}
	for list, end := range ends {
		_, known, err := tableEnd(ctx, x, list)
		if err != nil {
			return nil, err
		}
		if known { // otherwise its citizen was erased
			h.byList[list] = end
			h.outdated[list] = struct{}{}
		}
	}
	return h, nil
}

// stagedHeads are heads with what a transaction changes in them.
type stagedHeads struct {
	base     *heads
	byList   map[audit.ListID]head
	lists    map[citizen.Ref]audit.ListID
	outdated []audit.ListID
}

func (h *heads) stage() *stagedHeads {
	return &stagedHeads{base: h, byList: map[audit.ListID]head{}, lists: map[citizen.Ref]audit.ListID{}}
}

// merge takes over what a transaction changed, once it is committed.
func (h *heads) merge(s *stagedHeads) {
	if len(h.byList) > mostKept && len(h.saving) == 0 {
		h.forget()
	}
	maps.Copy(h.byList, s.byList)
	maps.Copy(h.lists, s.lists)
	for _, list := range s.outdated {
		h.outdated[list] = struct{}{}
	}
}

// forget drops what the table knows too.
func (h *heads) forget() {
	maps.DeleteFunc(h.byList, func(list audit.ListID, _ head) bool {
		_, outdated := h.outdated[list]
		return !outdated
	})
	clear(h.lists)
}

// ofCitizen is the list of a citizen, who gets one with their first entry. False: the
// citizen is not known, or was erased.
func (s *stagedHeads) ofCitizen(ctx context.Context, x *tx, ref citizen.Ref) (audit.ListID, bool, error) {
	if list, ok := s.lists[ref]; ok {
		return list, true, nil
	}
	if list, ok := s.base.lists[ref]; ok {
		return list, true, nil
	}
	list, err := tableList(ctx, x, ref)
	if errors.Is(err, audit.ErrNoList) {
		if known, err := subjectKnown(ctx, x, ref); err != nil || !known {
			return list, false, err
		}
		list = audit.NewList()
		err = x.exec(ctx, `INSERT INTO log_heads (list, citizen, number, last) VALUES (?, ?, 0, -1)`, list[:], string(ref))
		s.byList[list] = head{0, -1}
	}
	if err != nil {
		return list, false, fmt.Errorf("find the list of a citizen: %w", err)
	}
	s.lists[ref] = list
	return list, true, nil
}

// known reports whether a list is there.
func (s *stagedHeads) known(ctx context.Context, x *tx, list audit.ListID) (bool, error) {
	if _, ok := s.byList[list]; ok {
		return true, nil
	}
	if _, ok := s.base.byList[list]; ok {
		return true, nil
	}
	_, known, err := tableEnd(ctx, x, list)
	return known, err
}

// end is where a list ends.
func (s *stagedHeads) end(ctx context.Context, x *tx, list audit.ListID) (head, error) {
	if end, ok := s.byList[list]; ok {
		return end, nil
	}
	if end, ok := s.base.byList[list]; ok {
		return end, nil
	}
	end, known, err := tableEnd(ctx, x, list)
	if err == nil && !known { // only that of nobody: a citizen's has a row since ofCitizen
		err = x.exec(ctx, `INSERT INTO log_heads (list, number, last) VALUES (?, 0, -1)`, list[:])
		end = head{0, -1}
	}
	if err != nil {
		return head{}, fmt.Errorf("find the end of a list: %w", err)
	}
	return end, nil
}

func (s *stagedHeads) put(list audit.ListID, end head) {
	s.byList[list] = end
	s.outdated = append(s.outdated, list)
}

// save brings the table nearer to the log of that size, by so many lists, or by all.
func (h *heads) save(ctx context.Context, x *tx, size int64, all bool) error {
	for done := false; !done; done = !all || len(h.outdated) == 0 {
		if len(h.saving) == 0 {
			h.saving = slices.SortedFunc(maps.Keys(h.outdated), func(a, b audit.ListID) int { return bytes.Compare(a[:], b[:]) })
			h.savingSize = size
			clear(h.outdated)
		}
		step := len(h.saving)
		if !all {
			step = min(step, saveStep)
		}
		for _, list := range h.saving[:step] {
			end := h.byList[list]
			if err := x.exec(ctx, `UPDATE log_heads SET number = ?, last = ? WHERE list = ?`, end.number, end.last, list[:]); err != nil {
				return fmt.Errorf("save the ends of lists: %w", err)
			}
		}
		if h.saving = h.saving[step:]; len(h.saving) > 0 {
			continue
		}
		if err := x.exec(ctx, `UPDATE log_heads_at SET size = ?`, h.savingSize); err != nil {
			return fmt.Errorf("save the ends of lists: %w", err)
		}
	}
	return nil
}

// tableList is the list of a citizen, or audit.ErrNoList.
func tableList(ctx context.Context, q rowReader, ref citizen.Ref) (audit.ListID, error) {
	var id []byte
	err := q.row(ctx, `SELECT list FROM log_heads WHERE citizen = ?`, string(ref)).Scan(&id)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return audit.ListID{}, audit.ErrNoList
	case err != nil:
		return audit.ListID{}, err
	case len(id) != len(audit.ListID{}):
		return audit.ListID{}, errors.New("not a list id")
	}
	return audit.ListID(id), nil
}

// tableEnd is where the table says that a list ends; false: it has no such list.
func tableEnd(ctx context.Context, q rowReader, list audit.ListID) (head, bool, error) {
	var end head
	err := q.row(ctx, `SELECT number, last FROM log_heads WHERE list = ?`, list[:]).Scan(&end.number, &end.last)
	if errors.Is(err, sql.ErrNoRows) {
		return head{}, false, nil
	}
	return end, err == nil, err
}

// laterEnds is where the lists end that have entries which the table does not know.
func laterEnds(ctx context.Context, q querier) (map[audit.ListID]head, error) {
	ends := map[audit.ListID]head{}
	err := eachLaterOpening(ctx, q, func(seq int64, list audit.ListID, number int64) {
		if end := ends[list]; number > end.number {
			ends[list] = head{number, seq}
		}
	})
	return ends, err
}

// settleHeads brings the table of heads up to date with all that is in the transaction.
func settleHeads(ctx context.Context, x *tx) error {
	ends, err := laterEnds(ctx, x.conn)
	if err != nil {
		return err
	}
	size, err := logSize(ctx, x.conn)
	if err != nil {
		return err
	}
	for list, end := range ends { // somebody who was erased has no row
		if err := x.exec(ctx, `UPDATE log_heads SET number = ?, last = ? WHERE list = ?`, end.number, end.last, list[:]); err != nil {
			return fmt.Errorf("save the ends of lists: %w", err)
		}
	}
	if err := x.exec(ctx, `UPDATE log_heads_at SET size = ?`, size); err != nil {
		return fmt.Errorf("save the ends of lists: %w", err)
	}
	return nil
}

// eachLaterOpening goes through the openings that the table of heads does not know.
func eachLaterOpening(ctx context.Context, q querier, do func(seq int64, list audit.ListID, number int64)) error {
	found, err := q.QueryContext(ctx, `SELECT first, openings FROM log_openings
		WHERE first >= (SELECT size FROM log_heads_at) ORDER BY first`)
	if err != nil {
		return fmt.Errorf("read the newest openings: %w", err)
	}
	defer func() { _ = found.Close() }()
	for found.Next() {
		var first int64
		var blob []byte
		if err := found.Scan(&first, &blob); err != nil {
			return fmt.Errorf("read the newest openings: %w", err)
		}
		openings, err := logrows.SplitOpenings(blob)
		if err != nil {
			return fmt.Errorf("read the newest openings: %w", err)
		}
		for i, text := range openings {
			if len(text) == 0 || audit.ErasedBy(text) > 0 {
				continue
			}
			list, number, err := audit.PlaceIn(text)
			if err != nil {
				return fmt.Errorf("read the newest openings: %w", err)
			}
			do(first+int64(i), list, number)
		}
	}
	return found.Err()
}

// Heads implements audit.Heads.
func (l Log) Heads(ctx context.Context, yield func(list audit.ListID, number, last int64)) (size int64, err error) {
	err = l.db.snapshot(ctx, func(now snapshot) error {
		later, err := laterEnds(ctx, now)
		if err != nil {
			return err
		}
		found, err := now.QueryContext(ctx, `SELECT list, number, last FROM log_heads`)
		if err != nil {
			return err
		}
		defer func() { _ = found.Close() }()
		for found.Next() {
			var id []byte
			var end head
			if err := found.Scan(&id, &end.number, &end.last); err != nil {
				return err
			}
			list := audit.ListID(id)
			if newer := later[list]; newer.number > end.number {
				end = newer
			}
			yield(list, end.number, end.last)
		}
		if err := found.Err(); err != nil {
			return err
		}
		size, err = logSize(ctx, now)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("read the ends of lists: %w", err)
	}
	return size, nil
}

// ListOf implements audit.Finder.
func (l Log) ListOf(ctx context.Context, ref citizen.Ref) (list audit.ListID, err error) {
	err = l.db.snapshot(ctx, func(now snapshot) error {
		list, err = tableList(ctx, now, ref)
		return err
	})
	if err != nil {
		return list, fmt.Errorf("find the list of a citizen: %w", err)
	}
	return list, nil
}

// rowReader reads one row: the writer with a prepared statement, everybody else from a
// snapshot.
type rowReader interface {
	row(ctx context.Context, query string, args ...any) scanner
}

// snapshot is the database as it was at one moment.
type snapshot struct{ *sql.Tx }

func (s snapshot) row(ctx context.Context, query string, args ...any) scanner {
	return s.QueryRowContext(ctx, query, args...)
}

// snapshot reads something of one moment in several statements.
func (db *DB) snapshot(ctx context.Context, read func(snapshot) error) error {
	tx, err := db.read.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return err
	}
	return errors.Join(read(snapshot{tx}), tx.Rollback())
}
