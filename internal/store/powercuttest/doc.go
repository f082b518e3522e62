// Package powercuttest shows a test what a power cut may leave of the files that a
// process writes. Killing the process does not show that: what it wrote and never
// synced is still in the system's memory then, and a power cut loses it.
//
// [Record] runs a process under strace, because only the system calls show what the
// kernel was really asked for, by SQLite, by its translation to Go, and by our own
// code alike. [Recording.Cuts] goes through the recording and builds the files as the
// disk may hold them after a cut. Of each file everything is there that was written
// before its last sync ended. Of what was written later there may be nothing, all, a
// beginning, or of each sector what it held at any moment since, torn within it too;
// the length may be any that the file had since (shorter at once or not at all); and what a longer file never got is
// zeros or anything. A name in the folder is sure once the folder was synced: syncing
// a file does not make its name sure. Bytes beside those that were written do not
// change: SQLite relies on that by default (sqlite.org/psow.html), and so do its tests
// here.
//
// Read recording.go, then disk.go, then strace.go. What this package must not know:
// what the files mean. Neighbours: the tests of internal/store/sqlite. Only tests
// import it.
package powercuttest
