package reply

import (
	"encoding/json"
	"net/http"
)

// Header and Mark are on every answer of the sandbox.
const (
	Header = "X-Sandbox"
	Mark   = "not the NHS"
)

// Content types.
const (
	TypeJSON = "application/json"
	TypeFHIR = "application/fhir+json"
)

// JSON writes v with a status.
func JSON(w http.ResponseWriter, status int, v any) { Typed(w, status, TypeJSON, v) }

// Typed writes v as JSON under another content type.
func Typed(w http.ResponseWriter, status int, contentType string, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		http.Error(w, "the sandbox could not write its answer: "+err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", contentType)
	w.WriteHeader(status)
	_, _ = w.Write(append(body, '\n')) // the client has gone: nobody is left to tell
}
