package main

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
)

// proofFile is an answer of /audit/v1/proof or /audit/v1/consistency.
type proofFile struct {
	Seq, Size *int64
	Root      tlog.Hash
	LeafHash  tlog.Hash
	From, To  *int64
	Hashes    []tlog.Hash
}

// readProof reads such an answer; ok is false for anything else.
func readProof(text []byte) (p proofFile, ok bool) {
	if json.Unmarshal(text, &p) != nil {
		return proofFile{}, false
	}
	return p, p.From != nil && p.To != nil || p.Seq != nil && p.Size != nil
}

// check proves it with checkpoints that the reader kept, and says what that means.
func (p proofFile) check(known []audit.Checkpoint, to io.Writer) error {
	if p.From != nil {
		return p.checkConsistency(known, to)
	}
	c, err := ofSize(known, *p.Size)
	if err != nil {
		return err
	}
	proof := audit.Inclusion{Seq: *p.Seq, Size: *p.Size, Root: p.Root, Hashes: p.Hashes}
	if err := proof.CheckHash(p.LeafHash, c); err != nil {
		return fmt.Errorf("check: %w", err)
	}
	_, err = fmt.Fprintf(to, "Entry %d of the signed log of %d entries has the leaf hash %s.\n"+
		"Compare that with the SHA-256 of a zero byte and the leaf that you were given.\n", *p.Seq, *p.Size, p.LeafHash)
	return err
}

func (p proofFile) checkConsistency(known []audit.Checkpoint, to io.Writer) error {
	older, err := ofSize(known, *p.From)
	if err != nil {
		return err
	}
	newer, err := ofSize(known, *p.To)
	if err != nil {
		return err
	}
	if err := (audit.Consistency{From: *p.From, To: *p.To, Hashes: p.Hashes}).Check(older, newer); err != nil {
		return fmt.Errorf("check: %w", err)
	}
	_, err = fmt.Fprintf(to, "The signed log of %d entries continues the signed log of %d: no entry was changed or taken out between them.\n", *p.To, *p.From)
	return err
}

func ofSize(known []audit.Checkpoint, size int64) (audit.Checkpoint, error) {
	i := slices.IndexFunc(known, func(c audit.Checkpoint) bool { return c.Size == size })
	if i < 0 {
		return audit.Checkpoint{}, fmt.Errorf("check: %w: no checkpoint of %d entries is among those that you kept", audit.ErrNotProved, size)
	}
	return known[i], nil
}
