package httpapi

import (
	"context"
	"errors"
	"fmt"

	"github.com/gin-gonic/gin"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/audit/checkpoint"
	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/staff"
)

// Auditors is what the auditors' side needs; all are required.
type Auditors struct {
	Sessions *staff.Sessions
	// Citizens finds the pseudonym of an NHS number that an auditor looks up.
	Citizens interface {
		LookUp(ctx context.Context, n citizen.NHSNumber) (citizen.Ref, error)
	}
	Counts audit.Statistician
	// Checkpoint signs the log as it stands and publishes that.
	Checkpoint func(ctx context.Context) (checkpoint.Signed, error)
	// CheckpointAt signs the log as it was when it had size entries.
	CheckpointAt func(ctx context.Context, size int64) (checkpoint.Signed, error)
	// PublicKey is what checkpoints are checked with.
	PublicKey string
}

// audits registers the auditors' side. Without a staff provider there is none,
// and every address below /audit answers 404.
func (s *server) audits(web *gin.RouterGroup) {
	if s.d.Auditors == nil {
		return
	}
	// An export may take longer than a page: the handler bounds each by itself.
	log := web.Group("/audit/v1", s.handle(s.staff), s.limit(s.limits.member))
	log.GET("/entries", s.handle(s.auditEntries))
	log.POST("/entries/search", s.deadline(AnswerWithin), s.handle(s.auditSearch))
	log.GET("/checkpoint", s.deadline(AnswerWithin), s.handle(s.auditCheckpoint))
	log.GET("/proof", s.deadline(AnswerWithin), s.handle(s.auditProof))
	log.GET("/consistency", s.deadline(AnswerWithin), s.handle(s.auditConsistency))
	log.GET("/consents", s.deadline(AnswerWithin), s.handle(s.auditConsents))
	log.GET("/statistics", s.deadline(AnswerWithin), s.handle(s.auditStatistics))
}

func (a *Auditors) check() error {
	if a == nil {
		return nil
	}
	var missing []error
	for name, absent := range map[string]bool{
		"Sessions": a.Sessions == nil, "Citizens": a.Citizens == nil, "Counts": a.Counts == nil,
		"Checkpoint": a.Checkpoint == nil, "CheckpointAt": a.CheckpointAt == nil, "PublicKey": a.PublicKey == "",
	} {
		if absent {
			missing = append(missing, fmt.Errorf("httpapi needs Auditors.%s", name))
		}
	}
	return errors.Join(missing...)
}
