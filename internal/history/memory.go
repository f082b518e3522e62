package history

import (
	"container/list"
	"sync"

	"github.com/patient-care-aggregator/aggregator/internal/citizen"
)

// memory holds the sealed rows of citizens lately asked about, so that a warm
// answer reads no database. A snapshot read before anybody was forgotten is not
// taken in after it.
type memory struct {
	limit int

	mu     sync.Mutex
	marks  uint64 // counts forgetting
	known  map[citizen.Ref]*list.Element
	recent *list.List // of remembered, most recently used first
}

type remembered struct {
	ref      citizen.Ref
	snapshot Snapshot // never changed in place
}

func newMemory(limit int) *memory {
	return &memory{limit: limit, known: map[citizen.Ref]*list.Element{}, recent: list.New()}
}

func (m *memory) get(ref citizen.Ref) (Snapshot, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	at := m.known[ref]
	if at == nil {
		return Snapshot{}, false
	}
	m.recent.MoveToFront(at)
	return at.Value.(remembered).snapshot, true //nolint:forcetypeassert,errcheck // the list holds nothing else
}

// mark is to be taken before a snapshot is read from the store.
func (m *memory) mark() uint64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.marks
}

func (m *memory) put(mark uint64, ref citizen.Ref, s Snapshot) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if mark != m.marks || m.known[ref] != nil {
		return
	}
	m.known[ref] = m.recent.PushFront(remembered{ref, s})
	if m.recent.Len() > m.limit {
		oldest := m.recent.Back()
		m.recent.Remove(oldest)
		delete(m.known, oldest.Value.(remembered).ref) //nolint:forcetypeassert,errcheck // the list holds nothing else
	}
}

func (m *memory) forget(ref citizen.Ref) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.marks++
	if at := m.known[ref]; at != nil {
		m.recent.Remove(at)
		delete(m.known, ref)
	}
}

func (m *memory) forgetAll() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.marks++
	clear(m.known)
	m.recent.Init()
}
