package citizens

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"sync"
	"time"
)

//go:embed people directory
var built embed.FS

// ErrUnknown says that the catalogue has no citizen of that name.
var ErrUnknown = errors.New("unknown citizen")

// Options of a catalogue.
type Options struct {
	Anchor time.Time                // the moment to which the files' days are relative
	Stable func(name string) string // a UUID for a name, always the same
	// Extra is a folder of further people, in the same form; nil for none. One of
	// the same name replaces the sandbox's own.
	Extra fs.FS
}

// Catalogue is all citizens, with what e-RS holds about them. Safe for concurrent use.
type Catalogue struct {
	Directory
	opts   Options
	london *time.Location
	files  []file

	mu     sync.RWMutex
	people []*person
	byName map[string]*person
}

type person struct {
	citizen Citizen
	record  Record
	lives   []life // one for each of record.Referrals
}

// Open reads the catalogue.
func Open(opts Options) (*Catalogue, error) {
	london, err := time.LoadLocation("Europe/London")
	if err != nil {
		return nil, fmt.Errorf("open citizens: %w", err)
	}
	c := &Catalogue{opts: opts, london: london}
	people, err := fs.Sub(built, "people")
	if err != nil {
		return nil, fmt.Errorf("open citizens: %w", err)
	}
	if c.files, err = read(people); err != nil {
		return nil, fmt.Errorf("open citizens: %w", err)
	}
	if opts.Extra != nil {
		extra, err := read(opts.Extra)
		if err != nil {
			return nil, fmt.Errorf("open extra citizens: %w", err)
		}
		c.files = merge(c.files, extra)
	}
	if c.Directory, err = readDirectory(); err != nil {
		return nil, fmt.Errorf("open citizens: %w", err)
	}
	return c, c.Reset(opts.Anchor)
}

func merge(ours, extra []file) []file {
	ours = slices.DeleteFunc(ours, func(f file) bool {
		return slices.ContainsFunc(extra, func(e file) bool { return e.Name == f.Name })
	})
	all := append(ours, extra...)
	slices.SortFunc(all, func(a, b file) int {
		if a.Name < b.Name {
			return -1
		}
		return 1
	})
	return all
}

// Reset starts every citizen again, with days relative to a new anchor.
func (c *Catalogue) Reset(anchor time.Time) error {
	cal := newCalendar(c.london, anchor)
	people := make([]*person, 0, len(c.files))
	byName := make(map[string]*person, len(c.files))
	for _, f := range c.files {
		p, err := c.build(f, cal)
		if err != nil {
			return fmt.Errorf("citizen %s: %w", f.Name, err)
		}
		people = append(people, p)
		byName[f.Name] = p
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.people, c.byName = people, byName
	return nil
}

// All returns all citizens, by name.
func (c *Catalogue) All() []Citizen {
	c.mu.RLock()
	defer c.mu.RUnlock()
	out := make([]Citizen, 0, len(c.people))
	for _, p := range c.people {
		out = append(out, p.citizen)
	}
	return out
}

// Find returns one citizen, or [ErrUnknown].
func (c *Catalogue) Find(name string) (Citizen, error) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	p, ok := c.byName[name]
	if !ok {
		return Citizen{}, fmt.Errorf("%w: %q", ErrUnknown, name)
	}
	return p.citizen, nil
}

// Record returns what e-RS holds about a citizen now, or [ErrUnknown].
func (c *Catalogue) Record(name string) (Record, error) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	p, ok := c.byName[name]
	if !ok {
		return Record{}, fmt.Errorf("%w: %q", ErrUnknown, name)
	}
	out := p.record
	out.Referrals = slices.Clone(p.record.Referrals)
	return out, nil
}
