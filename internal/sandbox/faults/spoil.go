package faults

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strconv"
	"time"
)

// oversizedBytes is more than any client of these APIs should read.
const oversizedBytes = 64 << 20

func spoils(struck []Fault) bool {
	for _, f := range struck {
		switch f.Kind {
		case Drip, Truncated, Malformed, WrongContentType, StringNumbers, StringArrays:
			return true
		}
	}
	return false
}

// held keeps an answer back so that it can be spoilt.
type held struct {
	header http.Header
	status int
	wrote  bool
	body   bytes.Buffer
}

// Header implements http.ResponseWriter.
func (h *held) Header() http.Header { return h.header }

// WriteHeader implements http.ResponseWriter.
func (h *held) WriteHeader(status int) {
	if !h.wrote {
		h.status, h.wrote = status, true
	}
}

// Write implements http.ResponseWriter.
func (h *held) Write(b []byte) (int, error) {
	h.wrote = true
	return h.body.Write(b)
}

func (h *held) deliver(w http.ResponseWriter, r *http.Request, struck []Fault) {
	body := h.body.Bytes()
	for name, values := range h.header {
		w.Header()[name] = values
	}
	var drip time.Duration
	cutShort := false
	for _, f := range struck {
		switch f.Kind {
		case StringNumbers:
			body = reshape(body, numbersToStrings)
		case StringArrays:
			body = reshape(body, listsToStrings)
		case Malformed:
			body = malform(body)
		case WrongContentType:
			w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		case Truncated:
			cutShort = true
		case Drip:
			drip = f.Delay
			if drip == 0 {
				drip = 100 * time.Millisecond
			}
		}
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(h.status)
	if cutShort {
		body = body[:len(body)/2]
	}
	if drip > 0 {
		if !dripOut(w, r, body, drip) {
			return
		}
	} else {
		_, _ = w.Write(body) // the client has gone: the error cannot be reported
	}
	if cutShort {
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler) // less than the promised length: the connection must end here
	}
}

func dripOut(w http.ResponseWriter, r *http.Request, body []byte, between time.Duration) bool {
	out := http.NewResponseController(w)
	for i := range body {
		if i > 0 && !pause(r.Context(), between) {
			return false
		}
		if _, err := w.Write(body[i : i+1]); err != nil {
			return false
		}
		_ = out.Flush()
	}
	return true
}

// malform omits the last bracket and adds a comma, as a hand-written
// gateway template does.
func malform(body []byte) []byte {
	trimmed := bytes.TrimRight(body, " \n")
	if len(trimmed) > 0 {
		trimmed = trimmed[:len(trimmed)-1]
	}
	return append(bytes.Clone(trimmed), ',', '\n')
}

func oversized(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusOK)
	chunk := bytes.Repeat([]byte("sandbox "), 1<<13)
	if _, err := w.Write([]byte(`{"padding":"`)); err != nil {
		return
	}
	for sent := 0; sent < oversizedBytes; sent += len(chunk) {
		if _, err := w.Write(chunk); err != nil {
			return
		}
	}
	_, _ = w.Write([]byte(`"}`))
}

// reshape rebuilds a JSON body; what is not JSON stays as it is.
func reshape(body []byte, change func(any) any) []byte {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	var v any
	if err := decoder.Decode(&v); err != nil {
		return body
	}
	out, err := json.Marshal(walk(v, change))
	if err != nil {
		return body
	}
	return out
}

func walk(v any, change func(any) any) any {
	switch v := v.(type) {
	case map[string]any:
		for key, item := range v {
			v[key] = walk(item, change)
		}
	case []any:
		for i, item := range v {
			v[i] = walk(item, change)
		}
	}
	return change(v)
}

func numbersToStrings(v any) any {
	if n, ok := v.(json.Number); ok {
		return n.String()
	}
	return v
}

func listsToStrings(v any) any {
	if list, ok := v.([]any); ok && len(list) == 1 {
		if s, ok := list[0].(string); ok {
			return s
		}
	}
	return v
}
