package release

import (
	"errors"
	"fmt"

	"github.com/patient-care-aggregator/aggregator/internal/client"
	"github.com/patient-care-aggregator/aggregator/internal/consent"
)

var (
	// ErrNotLogged says that the entry could not be written, or that it is not known
	// whether it was. Nothing may be shown; the caller tries later.
	ErrNotLogged = errors.New("the audit log has no entry about this")
	// ErrUnavailable says that consents or history could not be read. The caller
	// tries later.
	ErrUnavailable = errors.New("consents or history cannot be read")
	// ErrSessionEnded says that the session or the grant ended while the answer was
	// made. The citizen signs in again.
	ErrSessionEnded = errors.New("the session ended while the answer was made")
	// ErrNotFound says that what is asked for is not among the citizen's own, as a
	// render function found. If it is another citizen's, the caller is not told.
	ErrNotFound = errors.New("not among the citizen's own")
	// ErrMayBeMissing is ErrNotFound where not everything could be read, so that it
	// may be among what is missing. The caller tries later.
	ErrMayBeMissing = errors.New("not among what could be read")
)

// ConsentRequired says that no consent lets the client have what it asks for. The
// client asks the citizen for the missing scopes, under that notice.
type ConsentRequired struct {
	Client  client.ID
	Missing []consent.Scope
	Notice  string // version in force
}

// Error implements error.
func (e *ConsentRequired) Error() string {
	return fmt.Sprintf("client %s has no consent to %v", e.Client, e.Missing)
}

// Unavailable says that a store which consents or history are kept in could not be
// read, and why.
func Unavailable(err error) error { return fmt.Errorf("%w: %w", ErrUnavailable, err) }
