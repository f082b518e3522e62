package audit

import "fmt"

// FaultKind is how a log is wrong.
type FaultKind string

// The kinds of fault in a log.
const (
	Altered        FaultKind = "altered"         // the leaf is not what was written
	Missing        FaultKind = "missing"         // the entry, or what opens it, is gone, and no pruning accounts for it
	Inserted       FaultKind = "inserted"        // the entry was never hashed into the tree
	BrokenTree     FaultKind = "broken_tree"     // a stored hash does not follow from the entries
	Relabelled     FaultKind = "relabelled"      // what is stored to open the entry is not what it commits to
	Misnumbered    FaultKind = "misnumbered"     // a number of a list is missing, or there twice
	WithoutConsent FaultKind = "without_consent" // data was shown behind the withdrawal of the consent
	Rewritten      FaultKind = "rewritten"       // whole in itself, but not the log that a checkpoint was signed for
	Truncated      FaultKind = "truncated"       // shorter than the log that a checkpoint was signed for
	BadPruning     FaultKind = "bad_pruning"     // a pruning entry claims what it cannot
	OutOfPlace     FaultKind = "out_of_place"    // an exported entry is not where the export says
	NotVouched     FaultKind = "not_vouched"     // an exported entry that no checkpoint or proof accounts for
)

// Fault is the first wrong entry of a log, as an error.
type Fault struct {
	Kind FaultKind
	// First is the sequence number of the wrong entry, and Last the same, but
	// where only a stretch can be named (between two checkpoints): then its end.
	First, Last int64
	Detail      string
}

func (f *Fault) Error() string {
	if f.First == f.Last {
		return fmt.Sprintf("audit log: entry %d is wrong (%s): %s", f.First, f.Kind, f.Detail)
	}
	return fmt.Sprintf("audit log: an entry from %d to %d is wrong (%s): %s", f.First, f.Last, f.Kind, f.Detail)
}

// FaultAt is a fault of one entry.
func FaultAt(kind FaultKind, seq int64, detail string) *Fault {
	return &Fault{Kind: kind, First: seq, Last: seq, Detail: detail}
}
