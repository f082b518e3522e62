package app

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync/atomic"

	"github.com/patient-care-aggregator/aggregator/internal/config"
	"github.com/patient-care-aggregator/aggregator/internal/disclosure"
	"github.com/patient-care-aggregator/aggregator/internal/wording"
	"github.com/patient-care-aggregator/aggregator/valuesets"
)

// words are the value sets and the disclosure policy in force. They are read
// together and replaced together.
type words struct {
	from    fs.FS
	spoken  wording.Languages
	inForce atomic.Pointer[wordsRead]
}

type wordsRead struct {
	set    *wording.Set
	policy *disclosure.Policy
}

// newWords reads the value sets that come with the service, with the files of
// folder in place of those of the same name; an empty folder: none.
func newWords(folder string, spoken wording.Languages) (*words, error) {
	w := &words{from: valuesets.FS(), spoken: spoken}
	if folder != "" {
		w.from = valuesets.Over(os.DirFS(folder))
	}
	return w, w.reload()
}

// reload reads the value sets again. If they are invalid the error says what and
// where, and the current ones stay in use.
func (w *words) reload() error {
	set, err := wording.Load(w.from, w.spoken)
	policy, policyErr := disclosure.Load(w.from, set)
	if err := errors.Join(err, policyErr); err != nil {
		return fmt.Errorf("read value sets: %w", err)
	}
	w.inForce.Store(&wordsRead{set, policy})
	return nil
}

// set is the part of current that chooses words only.
func (w *words) set() *wording.Set { return w.inForce.Load().set }

func (w *words) current() (*wording.Set, *disclosure.Policy) {
	read := w.inForce.Load()
	return read.set, read.policy
}

// spoken are the languages of a deployment. Words that nobody has reviewed are shown
// to nobody but those who try the service out.
func spoken(c config.Config) wording.Languages {
	l := wording.Languages{Drafts: c.Local()}
	for _, lang := range c.Languages {
		if lang := wording.Lang(lang); lang != wording.English {
			l.Shown = append(l.Shown, lang)
		}
	}
	return l
}
