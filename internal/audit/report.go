package audit

import (
	"fmt"
	"strings"
	"time"
)

// Text tells a person what was proved, and what a success cannot prove.
func (r Report) Text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "The log is whole: %d entries, root %s.\n", r.Entries, r.Root)
	if r.WithoutBody > 0 {
		fmt.Fprintf(&b, "%d of them are known by their hash alone, because retention removed what they said:\n", r.WithoutBody)
		for _, p := range r.Prunings {
			fmt.Fprintf(&b, "  entry %d tells that bodies before entry %d were removed, at %s\n", p.Seq, p.Before, p.At.UTC().Format(time.RFC3339))
		}
	}
	if r.Checkpoints == 0 {
		b.WriteString("No checkpoint was compared: whoever can write to the database could have written the whole log anew.\n")
	} else {
		fmt.Fprintf(&b, "%d signed checkpoints agree; the first %d entries are those that were signed.\n", r.Checkpoints, r.Vouched)
	}
	if later := r.Entries - r.Vouched; later > 0 && r.Checkpoints > 0 {
		fmt.Fprintf(&b, "%d entries came after the last checkpoint: had the newest of them been removed, nothing would show it yet.\n", later)
	}
	b.WriteString("This does not prove that everything that happened was written to the log, " +
		"that entries said the truth when they were written, " +
		"or anything at all if the checkpoints were kept where the log's administrator can change them.\n")
	return b.String()
}
