package auditor

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/audit/checkpoint"
	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/httpapi"
	"github.com/patient-care-aggregator/aggregator/internal/staff"
)

// Citizens finds the pseudonym of an NHS number that an auditor looks up.
type Citizens interface {
	LookUp(ctx context.Context, n citizen.NHSNumber) (citizen.Ref, error)
}

// Counts counts entries, and those that are withheld from their citizens at a time.
type Counts interface {
	audit.Statistician
	Withheld(ctx context.Context, at time.Time) (map[int64]time.Time, error)
}

// LogDeps are what reading the log needs; all are required.
type LogDeps struct {
	Log      audit.Source
	Appender audit.Appender // each read is an entry itself
	Citizens Citizens
	Counts   Counts
	// Checkpoint signs the log as it is now and publishes nothing.
	Checkpoint func(ctx context.Context) (checkpoint.Signed, error)
	// CheckpointAt signs the log as it was when it had size entries.
	CheckpointAt func(ctx context.Context, size int64) (checkpoint.Signed, error)
	// PublicKey is what checkpoints are checked with.
	PublicKey string
	Now       func() time.Time
}

// Log has the handlers of reading the log.
type Log struct {
	d       LogDeps
	exports *exports
}

// NewLog checks d.
func NewLog(d LogDeps) (*Log, error) {
	if d.Log == nil || d.Appender == nil || d.Citizens == nil || d.Counts == nil || d.Checkpoint == nil || d.CheckpointAt == nil || d.PublicKey == "" || d.Now == nil {
		return nil, errors.New("new routes of the log: a dependency is missing")
	}
	return &Log{d, &exports{of: map[string]int{}}}, nil
}

// Routes are those under /audit/v1.
func (l *Log) Routes() []httpapi.Route {
	members := gate{l.d.Appender, l.d.Now}
	get := func(path string, role staff.Role, h httpapi.Handler) httpapi.Route {
		return httpapi.Route{Method: http.MethodGet, Path: path, Audience: httpapi.Members, Handler: members.only(role, h)}
	}
	// An export may take longer than a page: it bounds itself.
	filter := []string{"since", "until", "client", "outcome", "actor", "list", "seq", "act", "consent", "correlationId", "order", "limit", "cursor"}
	entries := get("/audit/v1/entries", staff.Read, l.entries).Taking(append(filter, "kind*", "prove", "format")...)
	entries.Deadline = httpapi.NoDeadline
	return []httpapi.Route{
		entries,
		{Method: http.MethodPost, Path: "/audit/v1/entries/search", Audience: httpapi.Members, Handler: members.only(staff.Search, l.search)},
		get("/audit/v1/checkpoint", staff.Count, l.checkpoint).Taking("size"),
		get("/audit/v1/proof", staff.Count, l.proof).Taking("seq", "size"),
		get("/audit/v1/consistency", staff.Count, l.consistency).Taking("from", "to"),
		get("/audit/v1/consents", staff.Read, l.consents).Taking(filter...),
		get("/audit/v1/statistics", staff.Count, l.statistics).Taking("since", "until"),
	}
}
