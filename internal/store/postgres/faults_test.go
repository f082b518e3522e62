//go:build linux

package postgres_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/store/postgres"
	"github.com/patient-care-aggregator/aggregator/internal/store/postgrestest"
)

// answerTime is within what a request has to be answered when the server is lost.
const answerTime = 11 * time.Second

// A server that is lost costs the acts that were under way, says so in time, and is found
// again without a restart. Nothing that was acknowledged is missing.
func TestALostServerIsFoundAgain(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]struct {
		lose, bring func(*postgrestest.Server) error
	}{
		"stopped": {func(s *postgrestest.Server) error { s.Stop(); return nil }, func(s *postgrestest.Server) error { return s.Run() }},
		"killed":  {func(s *postgrestest.Server) error { s.Kill(); return nil }, func(s *postgrestest.Server) error { return s.Run() }},
		"hung":    {func(s *postgrestest.Server) error { s.Hang(); return nil }, func(s *postgrestest.Server) error { s.Continue(); return nil }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := postgrestest.Start(t)
			db := opened(t, server.Database(t), noon, postgres.Open)
			ann := personOf(1)
			ann.signIn(t, db)
			acknowledged := whole(t, db)

			if err := fault.lose(server); err != nil {
				t.Fatal(err)
			}
			for range 2 { // the connection that broke, and then none
				begun := time.Now()
				if err := ann.show(t.Context(), db); err == nil {
					t.Error("an act was acknowledged without a server")
				}
				if took := time.Since(begun); took > answerTime {
					t.Errorf("the answer took %v", took)
				}
			}
			if err := fault.bring(server); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			read := func() error { // each connection that broke fails once
				_, err := audit.Verify(ctx, db.Log())
				return err
			}
			for ann.show(ctx, db) != nil || read() != nil {
				if ctx.Err() != nil {
					t.Fatal("the server was not found again")
				}
			}
			if got := whole(t, db); got <= acknowledged || got > acknowledged+20 {
				t.Errorf("%d entries after %d", got, acknowledged)
			}
		})
	}
}

func TestAnUnsafeServerIsRefused(t *testing.T) {
	t.Parallel()
	server := postgrestest.Start(t)
	url := server.Database(t)
	for _, setting := range []string{"fsync", "full_page_writes"} {
		server.Stop()
		if err := server.Run(setting + "=off"); err != nil {
			t.Fatal(err)
		}
		if _, err := postgres.Open(t.Context(), url, postgres.Options{}); !errors.Is(err, postgres.ErrUnsafe) || !strings.Contains(err.Error(), setting) {
			t.Errorf("%s: %v", setting, err)
		}
	}
	server.Stop()
	if err := server.Run("synchronous_commit=off"); err != nil { // each connection turns it on
		t.Fatal(err)
	}
	var said strings.Builder
	db, err := postgres.Open(t.Context(), url, postgres.Options{Logger: slog.New(slog.NewTextHandler(&said, nil))})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(said.String(), "no synchronous standby") {
		t.Errorf("the log says %s", said.String())
	}
}

// A standby that was promoted before it had everything is another log.
func TestALogThatBecameShorterIsNotContinued(t *testing.T) {
	t.Parallel()
	server := postgrestest.Start(t)
	url := server.Database(t)
	db := opened(t, url, noon, postgres.Open)
	ann := personOf(1)
	ann.signIn(t, db)
	standby, err := server.Standby(t)
	if err != nil {
		t.Fatal(err)
	}
	if err := ann.show(t.Context(), db); err != nil { // the standby never hears of it
		t.Fatal(err)
	}
	server.Stop()
	if err := standby.TakeOver(server); err != nil {
		t.Fatal(err)
	}
	for {
		err := ann.show(t.Context(), db)
		if errors.Is(err, postgres.ErrLogShrank) {
			break
		}
		if err == nil {
			t.Fatal("it was continued")
		}
	}
	again := opened(t, url, noon, postgres.Open) // the checkpoints outside tell the rest
	if _, err := audit.Verify(t.Context(), again.Log()); err != nil {
		t.Error(err)
	}
}

func TestAProgramRunsOneMigrationEitherSide(t *testing.T) {
	t.Parallel()
	url := database(t)
	if _, err := postgres.OpenBeside(t.Context(), postgrestest.Empty(t), postgres.Options{}); !errors.Is(err, postgres.ErrSchema) || !strings.Contains(err.Error(), "no tables yet") {
		t.Errorf("a command on an empty database: %v", err)
	}
	conn := postgrestest.Connect(t, url)
	for newer, want := range []error{nil, nil, postgres.ErrSchema} {
		for _, open := range []func(context.Context, string, postgres.Options) (*postgres.DB, error){postgres.Open, postgres.OpenBeside} {
			db, err := open(t.Context(), url, postgres.Options{})
			if !errors.Is(err, want) {
				t.Errorf("%d migrations newer: %v", newer, err)
			}
			if err == nil {
				err = db.Close()
			}
			if want == nil && err != nil {
				t.Error(err)
			}
		}
		if _, err := conn.Exec(t.Context(), `INSERT INTO goose_db_version (version_id, is_applied) SELECT max(version_id) + 1, true FROM goose_db_version`); err != nil {
			t.Fatal(err)
		}
	}
}
