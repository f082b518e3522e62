package sqlite

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
)

// noticeForeignWrites compares SQLite's data version, which changes for this
// connection when any other one commits. The readers here never do, so a change
// means that another process wrote.
func (w *writer) noticeForeignWrites(ctx context.Context) error {
	var version int64
	if err := w.tx.row(ctx, `PRAGMA data_version`).Scan(&version); err != nil {
		return fmt.Errorf("read data version: %w", err)
	}
	if version == w.dataVersion {
		return nil
	}
	w.tree = nil
	if !w.toMove { // another process may have moved it meanwhile
		if err := checkMoved(ctx, w.tx.conn); err != nil {
			return err
		}
	}
	w.mu.Lock()
	listeners := slices.Clone(w.listeners)
	w.mu.Unlock()
	for _, f := range listeners {
		f("") // SQLite does not tell whose
	}
	w.dataVersion = version // only now: a listener that failed is called again
	return nil
}

// watch looks for foreign writes while there is nothing to write.
func (w *writer) watch(ctx context.Context) {
	err := w.reconnect(ctx)
	if err == nil {
		err = w.panics.Contain(ctx, "notice foreign writes", func() error { return w.noticeForeignWrites(ctx) })
	}
	if err != nil {
		w.log.LogAttrs(ctx, slog.LevelError, "look for foreign writes failed", slog.Any("error", err))
	}
}
