//go:build !production

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/local"
)

type demoCommand struct {
	Citizen string `help:"Whose journey; 'aggregator dev' and docs/sandbox.md list them." default:"sunny"`
	JSON    bool   `name:"json" help:"Print the unchanged answer of GET /v1/timeline."`
}

// Run signs a citizen in, grants consent, reads the timeline and prints it, all
// over HTTP as an app would.
func (d demoCommand) Run(env *environment) (err error) {
	s, err := local.Start(env.ctx, local.Options{Now: time.Now, Log: quiet(), Version: version()})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	j, err := local.NewJourney(s.URL)
	if err != nil {
		return err
	}
	defer j.Close()

	answer, err := j.SignIn(env.ctx, d.Citizen, "/v1/timeline")
	if err == nil && answer.Status == http.StatusForbidden && strings.Contains(string(answer.Body), "consentRequest") {
		if answer, err = j.Consent(env.ctx, answer.Body); err == nil && answer.Status == http.StatusCreated {
			answer, err = j.Do(env.ctx, http.MethodGet, "/v1/timeline", nil)
		}
	}
	if err != nil {
		return fmt.Errorf("make the journey: %w", err)
	}
	if d.JSON {
		_, err := fmt.Fprintf(env.stdout, "%s\n", answer.Body)
		return err
	}
	if answer.Status != http.StatusOK && answer.Status != http.StatusMultiStatus {
		return printRefusal(env.stdout, answer)
	}
	return printTimeline(env.stdout, d.Citizen, answer.Body)
}

// printRefusal prints the problem of a citizen who cannot see a timeline. For
// several citizens of the sandbox that is the right answer.
func printRefusal(out io.Writer, answer local.Answer) error {
	var p struct{ Title, Detail, NextStep, Code string }
	if err := json.Unmarshal(answer.Body, &p); err != nil || p.Code == "" {
		return fmt.Errorf("the journey ended with status %d at %s", answer.Status, answer.URL)
	}
	_, err := fmt.Fprintf(out, "%s\n\n%s\n%s\n\n(%d %s)\n", p.Title, p.Detail, p.NextStep, answer.Status, p.Code)
	return err
}
