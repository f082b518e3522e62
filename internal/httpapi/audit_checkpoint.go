package httpapi

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/audit/checkpoint"
	"github.com/patient-care-aggregator/aggregator/internal/problem"
)

// checkpointView is one line of a checkpoint file too: `aggregator audit check`
// takes a file of such answers.
type checkpointView struct {
	Checkpoint string    `json:"checkpoint"` // the signed note
	Size       int64     `json:"size"`
	Root       tlog.Hash `json:"root"`
	At         time.Time `json:"at"`
	PublicKey  string    `json:"publicKey"` // compare it with the one that you were given
}

// auditCheckpoint is GET /audit/v1/checkpoint: the log as it stands, signed. This
// read is the last entry that it covers, or one of the last. With ?size= it is the
// log as it was when it had so many entries, as the first line of an export names it.
func (s *server) auditCheckpoint(c *gin.Context) error {
	sign := s.d.Auditors.Checkpoint
	if c.Query("size") != "" {
		size, err := readNumber(c, "size")
		if err != nil {
			return err
		}
		if err := s.withinLog(c, size); err != nil {
			return err
		}
		sign = func(ctx context.Context) (checkpoint.Signed, error) { return s.d.Auditors.CheckpointAt(ctx, size) }
	}
	if err := s.auditorReads(c, "checkpoint", ""); err != nil {
		return err
	}
	signed, err := sign(c.Request.Context())
	if err != nil {
		return noCheckpoint(err)
	}
	line, err := json.Marshal(checkpointView{
		Checkpoint: string(signed.Note), Size: signed.Size, Root: signed.Root, At: signed.At.UTC().Truncate(time.Second),
		PublicKey: s.d.Auditors.PublicKey,
	})
	if err != nil {
		return fmt.Errorf("encode checkpoint: %w", err)
	}
	c.Header("Cache-Control", "no-store")
	c.Data(http.StatusOK, "application/json; charset=utf-8", append(line, '\n')) // answers put together make a file
	return nil
}

func noCheckpoint(err error) error {
	return problem.New(problem.ServiceUnavailable, err).WithDetail("No checkpoint could be signed and published.")
}

type inclusionView struct {
	audit.Inclusion

	LeafHash tlog.Hash `json:"leafHash"`
}

// auditProof is GET /audit/v1/proof?seq=&size=: that an entry stands in the tree
// of a checkpoint (RFC 6962, 2.1.1).
func (s *server) auditProof(c *gin.Context) error {
	seq, err := readNumber(c, "seq")
	if err != nil {
		return err
	}
	size, err := readNumber(c, "size")
	if err != nil {
		return err
	}
	if err := s.withinLog(c, size); err != nil {
		return err
	}
	if seq >= size {
		return problem.New(problem.BadRequest, nil).WithDetail("seq must be less than size.")
	}
	if err := s.auditorReads(c, "proof", ""); err != nil {
		return err
	}
	ctx := c.Request.Context()
	proof, err := audit.ProveInclusion(ctx, s.d.AuditLog, seq, size)
	if err != nil {
		return LogUnreadable(err)
	}
	leaf, err := s.d.AuditLog.ReadHashes(ctx, []int64{tlog.StoredHashIndex(0, seq)})
	if err != nil {
		return LogUnreadable(err)
	}
	proof.Hashes = hashList(proof.Hashes)
	c.Header("Cache-Control", "no-store")
	c.JSON(http.StatusOK, inclusionView{proof, leaf[0]})
	return nil
}

// auditConsistency is GET /audit/v1/consistency?from=&to=: that the log of one
// checkpoint is the beginning of the log of another (RFC 6962, 2.1.2).
func (s *server) auditConsistency(c *gin.Context) error {
	from, err := readNumber(c, "from")
	if err != nil {
		return err
	}
	to, err := readNumber(c, "to")
	if err != nil {
		return err
	}
	if err := s.withinLog(c, to); err != nil {
		return err
	}
	if from > to {
		return problem.New(problem.BadRequest, nil).WithDetail("from must not be greater than to.")
	}
	if err := s.auditorReads(c, "consistency", ""); err != nil {
		return err
	}
	proof, err := audit.ProveConsistency(c.Request.Context(), s.d.AuditLog, from, to)
	if err != nil {
		return LogUnreadable(err)
	}
	proof.Hashes = hashList(proof.Hashes)
	c.Header("Cache-Control", "no-store")
	c.JSON(http.StatusOK, proof)
	return nil
}

// withinLog refuses a size that the log has not reached.
func (s *server) withinLog(c *gin.Context, size int64) error {
	have, err := s.d.AuditLog.Size(c.Request.Context())
	if err != nil {
		return LogUnreadable(err)
	}
	if size > have {
		return problem.New(problem.BadRequest, nil).WithDetail("The log has fewer entries than that.")
	}
	return nil
}

func readNumber(c *gin.Context, name string) (int64, error) {
	n, err := strconv.ParseInt(c.Query(name), 10, 64)
	if err != nil || n < 0 {
		return 0, problem.New(problem.BadRequest, nil).WithDetail(name + " must be a number, 0 or more.")
	}
	return n, nil
}

// hashList is never null in JSON.
func hashList(h []tlog.Hash) []tlog.Hash {
	if h == nil {
		return []tlog.Hash{}
	}
	return h
}
