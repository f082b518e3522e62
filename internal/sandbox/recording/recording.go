package recording

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"
)

// maxForm bounds a recorded form.
const maxForm = 1 << 20

// Request is one request to one of the sandbox's NHS systems. Tokens and
// assertions are kept as they came: all of them are the sandbox's own or made
// for it.
type Request struct {
	Number    int         `json:"number"` // 1 for the first since the start or the last clearing
	At        time.Time   `json:"at"`     // by the sandbox's clock
	Upstream  string      `json:"upstream"`
	Operation string      `json:"operation"`
	Method    string      `json:"method"`
	Path      string      `json:"path"`
	Query     url.Values  `json:"query,omitempty"`
	Header    http.Header `json:"header,omitempty"`
	Form      url.Values  `json:"form,omitempty"`
	Status    int         `json:"status"`              // 0: not answered, yet or at all
	Citizen   string      `json:"citizen,omitempty"`   // name in the catalogue, empty when unknown
	App       string      `json:"app,omitempty"`       // client id or API key, empty when unknown
	Complaint string      `json:"complaint,omitempty"` // what the sandbox found wrong, in its own words
	Faults    []string    `json:"faults,omitempty"`    // kinds of the ordered faults that took part
}

// Recorder keeps the last requests. Safe for concurrent use.
type Recorder struct {
	now    func() time.Time
	limit  int
	logger *slog.Logger

	mu    sync.Mutex
	next  int
	items []*Request
}

// New keeps at most limit requests, and logs each: those with a complaint as
// warnings, the others for debugging.
func New(now func() time.Time, limit int, logger *slog.Logger) *Recorder {
	return &Recorder{now: now, limit: limit, logger: logger}
}

// All returns copies, oldest first.
func (r *Recorder) All() []Request {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := make([]Request, 0, len(r.items))
	for _, item := range r.items {
		c := *item
		c.Faults = slices.Clone(item.Faults)
		out = append(out, c)
	}
	return out
}

// Clear forgets everything and counts from 1 again.
func (r *Recorder) Clear() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.items, r.next = nil, 0
}

// Wrap records what h is asked. Forms are parsed here, once, within bounds.
func (r *Recorder) Wrap(upstream, operation string, h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		req.Body = http.MaxBytesReader(w, req.Body, maxForm)
		_ = req.ParseForm() // a form that cannot be read is an empty one to the handlers
		item := r.add(req, upstream, operation)
		note := &Note{recorder: r, item: item}
		defer r.log(req.Context(), item)
		h.ServeHTTP(&watcher{ResponseWriter: w, note: note}, req.WithContext(context.WithValue(req.Context(), noteKey{}, note)))
	})
}

func (r *Recorder) log(ctx context.Context, item *Request) {
	r.mu.Lock()
	done := *item
	r.mu.Unlock()
	level := slog.LevelDebug
	if done.Complaint != "" {
		level = slog.LevelWarn
	}
	r.logger.LogAttrs(ctx, level, "sandbox request",
		slog.String("upstream", done.Upstream), slog.String("operation", done.Operation), slog.Int("status", done.Status),
		slog.String("citizen", done.Citizen), slog.String("app", done.App), slog.String("complaint", done.Complaint))
}

func (r *Recorder) add(req *http.Request, upstream, operation string) *Request {
	item := &Request{
		At: r.now(), Upstream: upstream, Operation: operation,
		Method: req.Method, Path: req.URL.Path, Query: req.URL.Query(), Header: req.Header.Clone(), Form: req.PostForm,
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.next++
	item.Number = r.next
	r.items = append(r.items, item)
	if over := len(r.items) - r.limit; over > 0 {
		r.items = slices.Delete(r.items, 0, over)
	}
	return item
}
