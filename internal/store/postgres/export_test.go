package postgres

// StopWatching has the store hear of nothing: no notification, and no look from time to time.
func (db *DB) StopWatching() {
	db.watcher.stop()
	db.watcher = nil
}
