package auditor

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/audit/checkpoint"
	"github.com/patient-care-aggregator/aggregator/internal/httpapi"
	"github.com/patient-care-aggregator/aggregator/internal/problem"
	"github.com/patient-care-aggregator/aggregator/internal/wording"
)

// checkpointView is one line of a checkpoint file too: `aggregator audit check`
// takes a file of such answers.
type checkpointView struct {
	Checkpoint string    `json:"checkpoint"` // the signed note
	Size       int64     `json:"size"`
	Root       tlog.Hash `json:"root"`
	At         time.Time `json:"at"`
	PublicKey  string    `json:"publicKey"` // compare it with the one that you received
}

// checkpoint is GET /audit/v1/checkpoint: the log as it is now, signed. This
// read is the last entry that it covers, or one of the last. With ?size= it is the
// log as it was when it had so many entries, as the first line of an export names it.
// Nothing is published: a GET has no effect but its entry.
func (l *Log) checkpoint(ctx context.Context, r *httpapi.Request) (httpapi.Answer, error) {
	sign := l.d.Checkpoint
	if r.Query("size") != "" {
		size, err := readNumber(r, "size")
		if err != nil {
			return nil, err
		}
		if err := l.withinLog(ctx, size); err != nil {
			return nil, err
		}
		sign = func(ctx context.Context) (checkpoint.Signed, error) { return l.d.CheckpointAt(ctx, size) }
	}
	written, err := l.reads(ctx, r, "checkpoint", lookedUp{})
	if err != nil {
		return nil, err
	}
	signed, err := sign(ctx)
	if err != nil {
		return nil, noCheckpoint(err)
	}
	line, err := json.Marshal(checkpointView{
		Checkpoint: string(signed.Note), Size: signed.Size, Root: signed.Root, At: signed.At.UTC().Truncate(time.Second),
		PublicKey: l.d.PublicKey,
	})
	if err != nil {
		return nil, fmt.Errorf("encode checkpoint: %w", err)
	}
	// The line end lets answers put together make a file.
	return httpapi.Logged(written, http.StatusOK, httpapi.TypeJSON, append(line, '\n')), nil
}

func noCheckpoint(err error) error {
	return problem.New(problem.ServiceUnavailable, err).WithWords(wording.DetailNoCheckpoint)
}

type inclusionView struct {
	audit.Inclusion

	LeafHash tlog.Hash `json:"leafHash"`
}

// proof is GET /audit/v1/proof?seq=&size=: that an entry is in the tree
// of a checkpoint (RFC 6962, 2.1.1).
func (l *Log) proof(ctx context.Context, r *httpapi.Request) (httpapi.Answer, error) {
	seq, err := readNumber(r, "seq")
	if err != nil {
		return nil, err
	}
	size, err := readNumber(r, "size")
	if err != nil {
		return nil, err
	}
	if err := l.withinLog(ctx, size); err != nil {
		return nil, err
	}
	if seq >= size {
		return nil, problem.New(problem.BadRequest, nil).WithDetail("seq must be less than size.")
	}
	written, err := l.reads(ctx, r, "proof", lookedUp{})
	if err != nil {
		return nil, err
	}
	proof, err := audit.ProveInclusion(ctx, l.d.Log, seq, size)
	if err != nil {
		return nil, httpapi.LogUnreadable(err)
	}
	leaf, err := l.d.Log.ReadHashes(ctx, []int64{tlog.StoredHashIndex(0, seq)})
	if err != nil {
		return nil, httpapi.LogUnreadable(err)
	}
	proof.Hashes = hashList(proof.Hashes)
	return httpapi.LoggedJSON(written, http.StatusOK, inclusionView{proof, leaf[0]}), nil
}

// consistency is GET /audit/v1/consistency?from=&to=: that the log of one
// checkpoint is the beginning of the log of another (RFC 6962, 2.1.2).
func (l *Log) consistency(ctx context.Context, r *httpapi.Request) (httpapi.Answer, error) {
	from, err := readNumber(r, "from")
	if err != nil {
		return nil, err
	}
	to, err := readNumber(r, "to")
	if err != nil {
		return nil, err
	}
	if err := l.withinLog(ctx, to); err != nil {
		return nil, err
	}
	if from > to {
		return nil, problem.New(problem.BadRequest, nil).WithDetail("from must not be greater than to.")
	}
	written, err := l.reads(ctx, r, "consistency", lookedUp{})
	if err != nil {
		return nil, err
	}
	proof, err := audit.ProveConsistency(ctx, l.d.Log, from, to)
	if err != nil {
		return nil, httpapi.LogUnreadable(err)
	}
	proof.Hashes = hashList(proof.Hashes)
	return httpapi.LoggedJSON(written, http.StatusOK, proof), nil
}

// withinLog refuses a size that the log has not reached.
func (l *Log) withinLog(ctx context.Context, size int64) error {
	have, err := l.d.Log.Size(ctx)
	if err != nil {
		return httpapi.LogUnreadable(err)
	}
	if size > have {
		return problem.New(problem.BadRequest, nil).WithDetail("The log has fewer entries than that.")
	}
	return nil
}

func readNumber(r *httpapi.Request, name string) (int64, error) {
	n, err := strconv.ParseInt(r.Query(name), 10, 64)
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
