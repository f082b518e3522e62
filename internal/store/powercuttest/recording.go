package powercuttest

import (
	"fmt"
	"iter"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
)

// Recording is what a process did with the files of a folder, in order.
type Recording struct {
	events []event
}

type event struct {
	kind   kind
	thread int
	name   string // of a file in the folder; empty: the folder itself
	at     int64  // written: where; resized: to what size
	bytes  []byte // written
	said   string // a line
}

const folder = ""

type kind string

const (
	created    kind = "created"
	removed    kind = "removed"
	written    kind = "written"
	resized    kind = "resized"
	syncBegins kind = "sync begins"
	syncEnds   kind = "sync ends"
	said       kind = "said"
)

func (e event) String() string {
	switch {
	case e.kind == said:
		return string(e.kind)
	case e.name == folder:
		return string(e.kind) + " (the folder)"
	default:
		return string(e.kind) + " (" + e.name + ")"
	}
}

// Cut is what a power cut left.
type Cut struct {
	// Where says which cut it is, for messages.
	Where string
	// Files has the content of the files of the folder, by name.
	Files map[string][]byte
	// Said has the lines that the process had written to its standard output before.
	Said []string
}

// Cuts gives n power cuts, in order of time. Each lies between two changes of what the
// disk holds or is sure of, after whatever was said between them. Every pair of sorts of
// change (a file is synced, then another one made shorter) has the same share, however
// rare it is. The same seed gives the same cuts of the same recording; recordings differ
// by how threads were scheduled.
func (r *Recording) Cuts(n int, seed uint64) iter.Seq[Cut] {
	pairs := map[string][]int{} // where the second of them is
	before := "the beginning"
	for i, e := range r.events {
		if e.kind != said && e.kind != syncBegins {
			pair := before + ", " + e.String()
			pairs[pair] = append(pairs[pair], i)
			before = e.String()
		}
	}
	pairs[before+", the end"] = []int{len(r.events)}
	names := slices.Sorted(maps.Keys(pairs))
	places := make([]int, n)
	for cut := range n {
		pair := pairs[names[cut%len(names)]]
		places[cut] = pair[random(seed, cut).IntN(len(pair))]
	}
	return r.cutsAt(places, seed)
}

// CutsAtTheEnd gives n power cuts after everything that was recorded.
func (r *Recording) CutsAtTheEnd(n int, seed uint64) iter.Seq[Cut] {
	return r.cutsAt(slices.Repeat([]int{len(r.events)}, n), seed)
}

// cutsAt gives a cut before each event at these places.
func (r *Recording) cutsAt(places []int, seed uint64) iter.Seq[Cut] {
	byPlace := map[int][]int{}
	for cut, place := range places {
		byPlace[place] = append(byPlace[place], cut)
	}
	return func(yield func(Cut) bool) {
		d := newDisk()
		var lines []string
		for place := 0; place <= len(r.events); place++ {
			for _, cut := range byPlace[place] {
				where := fmt.Sprintf("cut %d of seed %d, after %q", cut, seed, r.around(place))
				if !yield(Cut{Where: where, Files: d.cut(random(seed, -1-cut)), Said: slices.Clone(lines)}) {
					return
				}
			}
			if place == len(r.events) {
				return
			}
			if e := r.events[place]; e.kind == said {
				lines = append(lines, e.said)
			} else {
				d.apply(e)
			}
		}
	}
}

// around are the last events before a place, and the next one.
func (r *Recording) around(place int) []event {
	return r.events[max(0, place-4):min(place+1, len(r.events))]
}

func random(seed uint64, n int) *rand.Rand { return rand.New(rand.NewPCG(seed, uint64(n))) }

// WithoutSyncs is the recording of a process that never synced the files whose name ends
// so: a test that a test finds what such a process loses.
func (r *Recording) WithoutSyncs(suffix string) *Recording {
	return &Recording{slices.DeleteFunc(slices.Clone(r.events), func(e event) bool {
		return (e.kind == syncBegins || e.kind == syncEnds) && e.name != folder && strings.HasSuffix(e.name, suffix)
	})}
}

// Said are all lines that the process wrote to its standard output.
func (r *Recording) Said() []string {
	var lines []string
	for _, e := range r.events {
		if e.kind == said {
			lines = append(lines, e.said)
		}
	}
	return lines
}

// Count is how many events of each sort were recorded, for a test to see that there was
// something to lose.
func (r *Recording) Count() map[string]int {
	n := map[string]int{}
	for _, e := range r.events {
		n[e.String()]++
	}
	return n
}
