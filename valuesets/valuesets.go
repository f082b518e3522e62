package valuesets

import (
	"embed"
	"errors"
	"io/fs"
	"slices"
	"strings"
)

//go:embed *.yaml
var embedded embed.FS // go:embed wants a package variable; it is only read

// FS is the value sets that come with the program.
func FS() fs.FS { return embedded }

// Over is the embedded value sets with the files of override in their place,
// whole file by whole file. Files that the embedded sets do not have show up
// too, so that internal/wording can refuse a misspelt name.
func Over(override fs.FS) fs.FS { return overlay{override} }

type overlay struct{ top fs.FS }

// Open opens the override's file where it has one, and the embedded one where
// it has not. Any other trouble with the override is an error, never a silent
// fall back.
func (o overlay) Open(name string) (fs.File, error) {
	file, err := o.top.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return embedded.Open(name)
	}
	return file, err
}

// ReadDir lists both.
func (o overlay) ReadDir(name string) ([]fs.DirEntry, error) {
	list, err := fs.ReadDir(o.top, name)
	if err != nil {
		return nil, err
	}
	base, err := embedded.ReadDir(name)
	if err != nil {
		return nil, err
	}
	for _, entry := range base {
		if !slices.ContainsFunc(list, func(e fs.DirEntry) bool { return e.Name() == entry.Name() }) {
			list = append(list, entry)
		}
	}
	slices.SortFunc(list, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return list, nil
}
