package recording

import (
	"context"
	"net/http"
)

type noteKey struct{}

// Note adds to the record of the current request. A nil Note does nothing.
type Note struct {
	recorder *Recorder
	item     *Request
}

// From returns the note of this request, nil when it is not recorded.
func From(ctx context.Context) *Note {
	n, _ := ctx.Value(noteKey{}).(*Note)
	return n
}

// Citizen records whose request it is.
func (n *Note) Citizen(name string) { n.set(func(r *Request) { r.Citizen = name }) }

// App records which application asks.
func (n *Note) App(id string) { n.set(func(r *Request) { r.App = id }) }

// Complaint records what is wrong with the request, after earlier complaints.
func (n *Note) Complaint(text string) {
	n.set(func(r *Request) {
		if r.Complaint != "" {
			text = r.Complaint + "; " + text
		}
		r.Complaint = text
	})
}

// Fault records that an ordered fault took part.
func (n *Note) Fault(kind string) { n.set(func(r *Request) { r.Faults = append(r.Faults, kind) }) }

func (n *Note) set(change func(*Request)) {
	if n == nil {
		return
	}
	n.recorder.mu.Lock()
	defer n.recorder.mu.Unlock()
	change(n.item)
}

// watcher notes the status before it goes out, so that a test that has read the
// answer also finds it in the recording.
type watcher struct {
	http.ResponseWriter
	note *Note
	done bool
}

// WriteHeader implements http.ResponseWriter.
func (w *watcher) WriteHeader(status int) {
	if !w.done {
		w.done = true
		w.note.set(func(r *Request) { r.Status = status })
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (w *watcher) Write(b []byte) (int, error) {
	if !w.done {
		w.WriteHeader(http.StatusOK)
	}
	return w.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController reach the connection.
func (w *watcher) Unwrap() http.ResponseWriter { return w.ResponseWriter }
