package kit

import (
	"encoding/json"
	"net/http"
)

// Header and Mark are on every answer of the sandbox.
const (
	Header = "X-Sandbox"
	Mark   = "not the NHS"
)

// WriteJSON writes v with a status.
func WriteJSON(w http.ResponseWriter, status int, v any) { write(w, status, "application/json", v) }

// WriteFHIR writes v, a FHIR resource, with a status.
func WriteFHIR(w http.ResponseWriter, status int, v any) {
	write(w, status, "application/fhir+json", v)
}

func write(w http.ResponseWriter, status int, contentType string, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		http.Error(w, "the sandbox could not write its answer: "+err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", contentType)
	w.WriteHeader(status)
	_, _ = w.Write(append(body, '\n')) // an error means that the client has gone
}
