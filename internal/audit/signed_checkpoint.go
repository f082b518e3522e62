package audit

import (
	"context"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"
)

// SignedCheckpoint is a checkpoint with the note that proves it.
type SignedCheckpoint struct {
	Checkpoint

	Note []byte
}

// PublishSigned publishes as [Checkpointer.Publish] does and gives the
// signed note too: Ed25519 gives the same signature for the same text, so it is
// the one that the sink has.
func (c *Checkpointer) PublishSigned(ctx context.Context) (SignedCheckpoint, error) {
	published, err := c.Publish(ctx)
	if err != nil {
		return SignedCheckpoint{}, err
	}
	signed, err := published.Sign(c.d.Signer)
	if err != nil {
		return SignedCheckpoint{}, err
	}
	return SignedCheckpoint{published, signed}, nil
}

// SignedAt publishes the log as it stands and signs what it was when it had size
// entries, for an export that was made then. It is signed anew, with the time of
// now, and is not published: the published one covers it.
func (c *Checkpointer) SignedAt(ctx context.Context, size int64) (SignedCheckpoint, error) {
	published, err := c.Publish(ctx)
	if err != nil {
		return SignedCheckpoint{}, err
	}
	if size < 0 || size > published.Size {
		return SignedCheckpoint{}, fmt.Errorf("sign an earlier checkpoint: the log has %d entries, not %d", published.Size, size)
	}
	root, err := tlog.TreeHash(size, hashes(ctx, c.d.Log))
	if err != nil {
		return SignedCheckpoint{}, fmt.Errorf("sign an earlier checkpoint: compute root: %w", err)
	}
	earlier := Checkpoint{Origin: published.Origin, Size: size, Root: root, At: c.d.Now()}
	signed, err := earlier.Sign(c.d.Signer)
	if err != nil {
		return SignedCheckpoint{}, err
	}
	return SignedCheckpoint{earlier, signed}, nil
}
