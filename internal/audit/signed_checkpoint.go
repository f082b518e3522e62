package audit

import (
	"context"
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
