package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/sandbox/citizens"
	"github.com/patient-care-aggregator/aggregator/internal/sandbox/kit"
)

// maxControl bounds the body of a control request.
const maxControl = 1 << 20

// control is the sandbox's own API under /sandbox. Pages of other origins
// cannot use it.
func (s *Sandbox) control(mux *http.ServeMux) {
	own := http.NewServeMux()
	own.HandleFunc("GET /sandbox", s.catalogue)
	own.HandleFunc("GET /sandbox/{$}", s.catalogue)
	own.HandleFunc("GET /sandbox/citizens", s.listCitizens)
	own.HandleFunc("GET /sandbox/citizens/{name}", s.oneCitizen)
	own.HandleFunc("POST /sandbox/citizens/{name}/advance", s.advanceCitizen)
	own.HandleFunc("GET /sandbox/faults", s.listFaults)
	own.HandleFunc("POST /sandbox/faults", s.orderFault)
	own.HandleFunc("DELETE /sandbox/faults", s.clearFaults)
	own.HandleFunc("DELETE /sandbox/faults/{number}", s.cancelFault)
	own.HandleFunc("GET /sandbox/requests", s.listRequests)
	own.HandleFunc("DELETE /sandbox/requests", s.clearRequests)
	own.HandleFunc("GET /sandbox/clock", s.readClock)
	own.HandleFunc("POST /sandbox/clock", s.moveClock)
	own.HandleFunc("DELETE /sandbox/clock", s.resetClock)
	own.HandleFunc("GET /sandbox/apps", s.listApps)
	own.HandleFunc("POST /sandbox/apps", s.registerApp)
	own.HandleFunc("POST /sandbox/next", s.answerNext)
	own.HandleFunc("DELETE /sandbox/key-cache", s.dropKeyCache)
	own.HandleFunc("POST /sandbox/revoke", s.revoke)
	own.HandleFunc("POST /sandbox/reset", s.reset)
	own.HandleFunc("POST /sandbox/tour", s.registerTour)
	own.HandleFunc("GET /sandbox/tour/assertion", s.tourAssertion)
	s.controlPages(own)
	protected := http.NewCrossOriginProtection().Handler(own)
	mux.Handle("/sandbox", protected)
	mux.Handle("/sandbox/", protected)
}

func fail(w http.ResponseWriter, status int, err error) {
	kit.WriteJSON(w, status, map[string]string{"error": err.Error()})
}

func decode(w http.ResponseWriter, r *http.Request, into any) bool {
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxControl))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		fail(w, http.StatusBadRequest, fmt.Errorf("read the body: %w", err))
		return false
	}
	return true
}

func (s *Sandbox) listCitizens(w http.ResponseWriter, _ *http.Request) {
	kit.WriteJSON(w, http.StatusOK, map[string]any{"citizens": s.people.All()})
}

func (s *Sandbox) oneCitizen(w http.ResponseWriter, r *http.Request) {
	c, err := s.people.Find(r.PathValue("name"))
	if err != nil {
		fail(w, http.StatusNotFound, err)
		return
	}
	kit.WriteJSON(w, http.StatusOK, c)
}

// advanceCitizen takes {"bookingReference", "to"}, both optional, or no body at all.
func (s *Sandbox) advanceCitizen(w http.ResponseWriter, r *http.Request) {
	var body struct {
		BookingReference string `json:"bookingReference"`
		To               string `json:"to"`
	}
	if r.ContentLength != 0 && !decode(w, r, &body) {
		return
	}
	step, err := s.people.Advance(r.PathValue("name"), body.BookingReference, body.To)
	switch {
	case errors.Is(err, citizens.ErrUnknown), errors.Is(err, citizens.ErrNoReferral):
		fail(w, http.StatusNotFound, err)
	case err != nil:
		fail(w, http.StatusConflict, err)
	default:
		kit.WriteJSON(w, http.StatusOK, step)
	}
}

func (s *Sandbox) listFaults(w http.ResponseWriter, _ *http.Request) {
	kit.WriteJSON(w, http.StatusOK, map[string]any{"faults": s.faults.Orders()})
}

func (s *Sandbox) orderFault(w http.ResponseWriter, r *http.Request) {
	var f Fault
	if !decode(w, r, &f) {
		return
	}
	number, _, err := s.faults.Add(f)
	if err != nil {
		fail(w, http.StatusBadRequest, err)
		return
	}
	kit.WriteJSON(w, http.StatusCreated, Order{Number: number, Fault: f})
}

func (s *Sandbox) clearFaults(w http.ResponseWriter, _ *http.Request) {
	s.faults.Clear()
	w.WriteHeader(http.StatusNoContent)
}

func (s *Sandbox) cancelFault(w http.ResponseWriter, r *http.Request) {
	number, err := strconv.Atoi(r.PathValue("number"))
	if err != nil || !s.faults.Cancel(number) {
		fail(w, http.StatusNotFound, errors.New("no such fault is in force"))
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (s *Sandbox) listRequests(w http.ResponseWriter, _ *http.Request) {
	kit.WriteJSON(w, http.StatusOK, map[string]any{"requests": s.recorder.All()})
}

func (s *Sandbox) clearRequests(w http.ResponseWriter, _ *http.Request) {
	s.recorder.Clear()
	w.WriteHeader(http.StatusNoContent)
}

func (s *Sandbox) readClock(w http.ResponseWriter, _ *http.Request) {
	kit.WriteJSON(w, http.StatusOK, map[string]string{"now": s.clock.Now().Format(time.RFC3339Nano)})
}

// moveClock takes {"advance": "2h"} or {"set": "2027-01-31T09:00:00Z"}.
func (s *Sandbox) moveClock(w http.ResponseWriter, r *http.Request) {
	var body struct {
		Advance string    `json:"advance"`
		Set     time.Time `json:"set"`
	}
	if !decode(w, r, &body) {
		return
	}
	if (body.Advance == "") == body.Set.IsZero() {
		fail(w, http.StatusBadRequest, errors.New("set either advance or set, not both"))
		return
	}
	if body.Advance != "" {
		d, err := time.ParseDuration(body.Advance)
		if err != nil {
			fail(w, http.StatusBadRequest, fmt.Errorf("advance: %w", err))
			return
		}
		s.clock.Advance(d)
	} else {
		s.clock.Set(body.Set)
	}
	s.readClock(w, r)
}

func (s *Sandbox) resetClock(w http.ResponseWriter, r *http.Request) {
	s.clock.Reset()
	s.readClock(w, r)
}

func (s *Sandbox) listApps(w http.ResponseWriter, _ *http.Request) {
	kit.WriteJSON(w, http.StatusOK, map[string]any{"apps": s.apps.All()})
}

func (s *Sandbox) registerApp(w http.ResponseWriter, r *http.Request) {
	var a App
	if !decode(w, r, &a) {
		return
	}
	if err := s.apps.Add(a); err != nil {
		fail(w, http.StatusBadRequest, err)
		return
	}
	kit.WriteJSON(w, http.StatusCreated, a)
}

// answerNext takes {"citizen": "bella", "decline": false}.
func (s *Sandbox) answerNext(w http.ResponseWriter, r *http.Request) {
	var body struct {
		Citizen string `json:"citizen"`
		Decline bool   `json:"decline"`
	}
	if !decode(w, r, &body) {
		return
	}
	if err := s.login.AnswerNext(body.Citizen, !body.Decline); err != nil {
		fail(w, http.StatusNotFound, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (s *Sandbox) dropKeyCache(w http.ResponseWriter, _ *http.Request) {
	s.keys.Drop()
	w.WriteHeader(http.StatusNoContent)
}

// revoke takes {"citizen": "bella"}, or {} for all citizens.
func (s *Sandbox) revoke(w http.ResponseWriter, r *http.Request) {
	var body struct {
		Citizen string `json:"citizen"`
	}
	if !decode(w, r, &body) {
		return
	}
	kit.WriteJSON(w, http.StatusOK, map[string]int{"revoked": s.platform.RevokeAll(body.Citizen)})
}

// reset starts everything again except the registered apps and the clock.
func (s *Sandbox) reset(w http.ResponseWriter, _ *http.Request) {
	if err := s.Reset(); err != nil {
		fail(w, http.StatusInternalServerError, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// Reset starts everything again: citizens' referrals with days relative to the clock's present
// day, sessions, tokens, faults, limits, recording. Apps and clock stay.
func (s *Sandbox) Reset() error {
	if err := s.people.Reset(s.clock.Now()); err != nil {
		return fmt.Errorf("reset sandbox: %w", err)
	}
	s.login.Reset()
	s.platform.Reset()
	s.staff.Reset()
	s.ers.Reset()
	s.faults.Clear()
	s.recorder.Clear()
	s.keys.Drop()
	return nil
}
