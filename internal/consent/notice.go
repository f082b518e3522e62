package consent

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"time"

	"github.com/goccy/go-yaml"
)

//go:embed notices/*.md
var bundled embed.FS

// ErrNoNotice says that no notice has that version.
var ErrNoNotice = errors.New("no such privacy notice")

// Notice is one version of the privacy notice. What citizens were shown is never
// edited: a change of a word is a new version, in a file of its own.
type Notice struct {
	Version  string // the day it was written, YYYY-MM-DD; versions sort as text
	Title    string
	Language string // BCP 47
	Text     string // Markdown, as it is shown, without the front matter
	Digest   string // SHA-256 of the whole file, in hex
	// HoldsSince has, for each scope that the notice covers, the oldest version
	// under which a consent still holds. A notice that asks for more names its own
	// version; a scope that is missing cannot be consented to any more.
	HoldsSince map[Scope]string
}

// Notices are all versions of the privacy notice.
type Notices struct{ versions []Notice } // oldest first, at least one

type frontMatter struct {
	Version  string           `yaml:"version"`
	Title    string           `yaml:"title"`
	Language string           `yaml:"language"`
	Scopes   map[Scope]string `yaml:"scopes"`
}

// BundledNotices returns the notices that come with the service.
func BundledNotices() (*Notices, error) {
	dir, err := fs.Sub(bundled, "notices")
	if err != nil {
		return nil, fmt.Errorf("find privacy notices: %w", err)
	}
	return LoadNotices(dir)
}

// LoadNotices reads every .md file of a directory as one version, and joins all
// the faults that it finds.
func LoadNotices(dir fs.FS) (*Notices, error) {
	names, err := fs.Glob(dir, "*.md")
	if err != nil {
		return nil, fmt.Errorf("find privacy notices: %w", err)
	}
	var (
		n    Notices
		errs []error
	)
	for _, name := range names {
		text, err := fs.ReadFile(dir, name)
		if err != nil {
			return nil, fmt.Errorf("read privacy notice: %w", err)
		}
		v, err := parseNotice(text)
		if err == nil && path.Base(name) != v.Version+".md" {
			err = fmt.Errorf("the file is not named for version %s", v.Version)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("privacy notice %s: %w", name, err))
			continue
		}
		n.versions = append(n.versions, v)
	}
	slices.SortFunc(n.versions, func(a, b Notice) int { return cmp.Compare(a.Version, b.Version) })
	for _, v := range n.versions {
		for s, since := range v.HoldsSince {
			old, err := n.Find(since)
			if _, covered := old.HoldsSince[s]; err != nil || !covered || since > v.Version {
				errs = append(errs, fmt.Errorf("privacy notice %s: scope %s: version %q never asked for it", v.Version, s, since))
			}
		}
	}
	if len(n.versions) == 0 && len(errs) == 0 {
		errs = append(errs, errors.New("no privacy notice found; add one as YYYY-MM-DD.md"))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return &n, nil
}

func parseNotice(file []byte) (Notice, error) {
	head, body, found := bytes.Cut(bytes.TrimPrefix(file, []byte("---\n")), []byte("\n---\n"))
	if !found || !bytes.HasPrefix(file, []byte("---\n")) {
		return Notice{}, errors.New("the front matter between two lines of --- is missing")
	}
	var f frontMatter
	if err := yaml.UnmarshalWithOptions(head, &f, yaml.Strict()); err != nil {
		return Notice{}, fmt.Errorf("front matter: %w", err)
	}
	if _, err := time.Parse(time.DateOnly, f.Version); err != nil {
		return Notice{}, fmt.Errorf("version: %w", err)
	}
	text := string(bytes.TrimSpace(body))
	if f.Title == "" || f.Language == "" || len(f.Scopes) == 0 || text == "" {
		return Notice{}, errors.New("title, language, scopes and a text are required")
	}
	sum := sha256.Sum256(file)
	return Notice{
		Version: f.Version, Title: f.Title, Language: f.Language, Text: text,
		Digest: hex.EncodeToString(sum[:]), HoldsSince: f.Scopes,
	}, nil
}

// InForce is the newest version.
func (n *Notices) InForce() Notice { return n.versions[len(n.versions)-1] }

// Find returns a version, or ErrNoNotice.
func (n *Notices) Find(version string) (Notice, error) {
	i := slices.IndexFunc(n.versions, func(v Notice) bool { return v.Version == version })
	if i < 0 {
		return Notice{}, ErrNoNotice
	}
	return n.versions[i], nil
}
