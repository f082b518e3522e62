package location

import (
	"cmp"
	"errors"
	"net"
	"net/url"
	"path/filepath"
	"strings"
)

// Supported names the URLs that this build can open, for help and error texts.
const Supported = "sqlite:PATH or postgres://USER@HOST/DATABASE"

// ErrUnsupported says that a URL names no database that this build can open. The
// operator has to write one of [Supported].
var ErrUnsupported = errors.New("must be " + Supported + "; other databases are not supported")

// Location is a parsed database URL.
type Location struct {
	path   string   // of the SQLite file
	server *url.URL // of the PostgreSQL database
}

// Parse reads a database URL, or returns ErrUnsupported, which does not repeat it: it may
// hold a password.
func Parse(text string) (Location, error) {
	if path, ours := strings.CutPrefix(text, "sqlite:"); ours {
		// "" and ":memory:" would forget the log with the process.
		if path == "" || strings.HasPrefix(path, ":") {
			return Location{}, ErrUnsupported
		}
		return Location{path: path}, nil
	}
	at, err := url.Parse(text)
	if err != nil || at.Scheme != "postgres" && at.Scheme != "postgresql" || strings.Trim(at.Path, "/") == "" || at.Host == "" && at.Query().Get("host") == "" {
		return Location{}, ErrUnsupported
	}
	return Location{server: at}, nil
}

// String is where the database is, without what opens it: for the log, and to know it again.
func (l Location) String() string {
	switch {
	case l.path != "":
		return "sqlite:" + l.path
	case l.server != nil: // what the query names counts more
		query := l.server.Query()
		host, path := l.server.Host, l.server.Path
		if query.Has("host") || query.Has("port") {
			host = cmp.Or(query.Get("host"), l.server.Hostname())
			if port := cmp.Or(query.Get("port"), l.server.Port()); port != "" {
				host = net.JoinHostPort(host, port)
			}
		}
		if name := query.Get("dbname"); name != "" {
			path = "/" + name
		}
		return "postgres://" + host + path
	}
	return ""
}

// SQLite is the path of the SQLite file; false: it is another kind of database.
func (l Location) SQLite() (path string, ok bool) { return l.path, l.path != "" }

// PostgreSQL is the URL of the PostgreSQL database, with what opens it; false: it is another
// kind of database.
func (l Location) PostgreSQL() (at string, ok bool) {
	if l.server == nil {
		return "", false
	}
	return l.server.String(), true
}

// beside is the path of a file next to the database, by what is added to the
// database's own name; empty: nothing can be kept next to this kind of database.
func (l Location) beside(suffix string) string {
	if l.path == "" {
		return ""
	}
	return l.path + suffix
}

// What the service keeps next to its database unless the operator names a place.
const (
	checkpoints   = ".checkpoints"
	checkpointKey = ".checkpoint-key"
)

// Checkpoints is the file that every checkpoint of the log goes to; empty: there
// is no such place. It shows a log that was rolled back or rewritten to the
// operators. Only a sink that the administrator cannot reach shows it to others.
func (l Location) Checkpoints() string { return l.beside(checkpoints) }

// CheckpointKey is the file of the key that signs checkpoints when the operator
// names none; empty: the operator has to name one. Its public half is in a file
// of that name and ".pub".
func (l Location) CheckpointKey() string { return l.beside(checkpointKey) }

// Folder is where the database's files are; empty where it has none.
func (l Location) Folder() string {
	if l.path == "" {
		return ""
	}
	return filepath.Dir(l.path)
}
