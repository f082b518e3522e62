package powercuttest

import (
	"maps"
	"math/rand/v2"
	"slices"
)

// disk is a folder as a process sees it, and what of it is on the disk for sure.
type disk struct {
	names   map[string]*file // as the process sees them
	sure    map[string]*file // as they were when the folder was last synced
	renamed []naming         // since then, in order
	before  int              // how many were renamed before those
	last    map[string]*file // the file that last had a name: it may still be open
	syncing map[syncKey]int  // how many changes, from the first, a sync that has begun is about
}

// naming is a name that now stands for another file; nil: for none.
type naming struct {
	name string
	file *file
}

// syncKey is a sync of a file, or of the folder (""), by a thread.
type syncKey struct {
	thread int
	name   string
}

// file is what is on the disk for sure, and what was changed since, in order.
type file struct {
	synced  []byte
	changes []change
	before  int // how many changes are in synced
	size    int64
}

// change writes bytes at a place, or makes a file longer or shorter.
type change struct {
	at      int64
	bytes   []byte // resizes: zeros
	size    int64  // of the file after it
	resizes bool
}

func newDisk() *disk {
	return &disk{names: map[string]*file{}, sure: map[string]*file{}, last: map[string]*file{}, syncing: map[syncKey]int{}}
}

func (d *disk) apply(e event) {
	switch e.kind {
	case created:
		if d.names[e.name] == nil {
			d.rename(e.name, &file{})
			d.last[e.name] = d.names[e.name]
		}
	case removed:
		d.rename(e.name, nil)
	case written:
		f := d.last[e.name]
		f.change(change{at: e.at, bytes: e.bytes, size: max(f.size, e.at+int64(len(e.bytes)))})
	case resized:
		f := d.last[e.name]
		from, to := min(f.size, e.at), max(f.size, e.at)
		f.change(change{at: from, bytes: make([]byte, to-from), size: e.at, resizes: true})
	case syncBegins:
		n := d.before + len(d.renamed)
		if e.name != folder {
			n = d.last[e.name].before + len(d.last[e.name].changes)
		}
		d.syncing[syncKey{e.thread, e.name}] = n
	case syncEnds:
		n := d.syncing[syncKey{e.thread, e.name}]
		if e.name != folder {
			d.last[e.name].sync(n)
			break
		}
		for ; d.before < n; d.before++ {
			assign(d.sure, d.renamed[0])
			d.renamed = d.renamed[1:]
		}
	}
}

func (d *disk) rename(name string, f *file) {
	assign(d.names, naming{name, f})
	d.renamed = append(d.renamed, naming{name, f})
}

func assign(names map[string]*file, n naming) {
	if n.file == nil {
		delete(names, n.name)
	} else {
		names[n.name] = n.file
	}
}

func (f *file) change(c change) {
	f.changes = append(f.changes, c)
	f.size = c.size
}

// sync makes the first n changes sure, of which some may be so already.
func (f *file) sync(n int) {
	for ; f.before < n; f.before++ {
		f.synced = f.changes[0].on(f.synced)
		f.changes = f.changes[1:]
	}
}

func (c change) on(content []byte) []byte {
	if end := c.at + int64(len(c.bytes)); end > int64(len(content)) {
		content = append(content, make([]byte, end-int64(len(content)))...)
	}
	copy(content[c.at:], c.bytes)
	return sized(content, c.size)
}

func sized(content []byte, size int64) []byte {
	if missing := size - int64(len(content)); missing > 0 {
		return append(content, make([]byte, missing)...)
	}
	return content[:size]
}

// seen are the files as the process sees them.
func (d *disk) seen() map[string][]byte {
	files := map[string][]byte{}
	for name, f := range d.names {
		files[name] = f.beginning(len(f.changes))
	}
	return files
}

// cut are files that a power cut may leave.
func (d *disk) cut(r *rand.Rand) map[string][]byte {
	names := maps.Clone(d.sure)
	kept := map[string]int{} // how many of the namings of each name are on the disk
	for _, n := range d.renamed {
		kept[n.name]++
	}
	for _, name := range slices.Sorted(maps.Keys(kept)) {
		kept[name] = r.IntN(kept[name] + 1)
	}
	for _, n := range d.renamed {
		if kept[n.name]--; kept[n.name] >= 0 {
			assign(names, n)
		}
	}
	files := map[string][]byte{}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		files[name] = names[name].left(r)
	}
	return files
}

// left is what a power cut may leave of a file.
func (f *file) left(r *rand.Rand) []byte {
	switch r.IntN(5) {
	case 0:
		return f.beginning(0)
	case 1:
		return f.beginning(len(f.changes))
	case 2:
		return f.beginning(r.IntN(len(f.changes) + 1))
	case 3:
		return f.sectors(r, 512)
	default:
		return f.sectors(r, 4096)
	}
}

// beginning is the file after its first n changes since the last sync.
func (f *file) beginning(n int) []byte {
	content := slices.Clone(f.synced)
	for _, c := range f.changes[:n] {
		content = c.on(content)
	}
	return content
}

// sectors is a file of which each sector is as it was at some moment since the last sync,
// and the length too: the file is made longer or shorter at once or not at all.
func (f *file) sectors(r *rand.Rand, sector int64) []byte {
	most, size := int64(len(f.synced)), int64(len(f.synced))
	resized := r.IntN(len(f.changes) + 1)
	if resized > 0 {
		size = f.changes[resized-1].size
	}
	changes := map[int64]int{} // of each sector
	for _, c := range f.changes {
		most = max(most, c.at+int64(len(c.bytes)))
		if c.resizes {
			continue
		}
		for s := range c.sectors(sector) {
			changes[s]++
		}
	}
	content := sized(slices.Clone(f.synced), most)
	anything := r.IntN(2) == 0
	for _, s := range slices.Sorted(maps.Keys(changes)) {
		n := r.IntN(changes[s] + 1)
		if changes[s] = n; n == 0 && anything {
			for i := max(s*sector, int64(len(f.synced))); i < min((s+1)*sector, most); i++ {
				content[i] = byte(r.Uint32())
			}
		}
	}
	for i, c := range f.changes {
		if c.resizes {
			if i < resized {
				copy(content[c.at:], c.bytes)
			}
			continue
		}
		for s := range c.sectors(sector) {
			if changes[s]--; changes[s] < 0 {
				continue
			}
			from, to := max(c.at, s*sector), min(c.at+int64(len(c.bytes)), (s+1)*sector)
			if changes[s] == 0 && r.IntN(8) == 0 {
				to = from + r.Int64N(to-from) // torn
			}
			copy(content[from:to], c.bytes[from-c.at:])
		}
	}
	return sized(content, size)
}

// sectors are those that a change touches.
func (c change) sectors(size int64) func(yield func(int64) bool) {
	return func(yield func(int64) bool) {
		for s := c.at / size; s*size < c.at+int64(len(c.bytes)) && yield(s); s++ {
		}
	}
}
