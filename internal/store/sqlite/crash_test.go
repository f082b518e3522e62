//go:build linux

package sqlite

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/consent"
	"github.com/patient-care-aggregator/aggregator/internal/history"
	"github.com/patient-care-aggregator/aggregator/internal/session"
)

// The test binary plays a part when this names it, with the database as argument.
const partVariable = "SQLITE_STORE_TEST_PART"

func TestMain(m *testing.M) {
	switch part := os.Getenv(partVariable); part {
	case "":
		os.Exit(m.Run())
	case "write until killed":
		os.Exit(told(writeUntilKilled(os.Args[len(os.Args)-1])))
	case "reach a limit":
		os.Exit(told(reachALimit(os.Args[len(os.Args)-1])))
	case "fill a small disk":
		os.Exit(told(fillASmallDisk(os.Args[len(os.Args)-1])))
	case "live a life":
		os.Exit(told(liveALife(os.Args[len(os.Args)-1])))
	case "erase somebody":
		os.Exit(told(eraseSomebody(os.Args[len(os.Args)-1])))
	default:
		os.Exit(told(fmt.Errorf("no such part: %s", part)))
	}
}

func told(err error) int {
	if err != nil {
		_, _ = fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// play starts the test binary in a part; it is killed at the test's end at the latest.
func play(t *testing.T, part, path string) (*exec.Cmd, io.Reader) {
	t.Helper()
	cmd := player(t, part, path)
	cmd.Stderr = t.Output()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd, out
}

func player(t *testing.T, part, path string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], path)
	cmd.Env = append(os.Environ(), partVariable+"="+part)
	return cmd
}

// writeUntilKilled appends entries, consents and observations side by side, and says so
// when each is acknowledged.
func writeUntilKilled(path string) error {
	db, err := Open(context.Background(), path, Options{Now: func() time.Time { return at(0) }})
	if err != nil {
		return err
	}
	size, err := db.Log().Size(context.Background())
	if err != nil {
		return err
	}
	ends := make(chan error)
	for w := range 8 {
		go func() {
			for n := 0; ; n++ {
				name := fmt.Sprintf("%d-%d-%d", size, w, n)
				var err error
				switch w % 3 {
				case 0:
					e := sample(n)
					e.Digest = name
					_, err = db.Log().Append(context.Background(), audit.Guard{}, e)
				case 1:
					err = observeNext(db, citizen.Ref(fmt.Sprintf("%d-%d", size, w)), int64(n), name)
				default:
					event := consent.Event{Seq: 1, ID: name, Kind: consent.Granted, Citizen: citizen.Ref(name), Client: "app-one", At: at(n)}
					e := sample(n)
					e.Kind, e.Citizen, e.Digest = audit.ConsentGranted, event.Citizen, event.Digest()
					err = db.Consents().Record(context.Background(), 0, event, e)
				}
				if err == nil {
					_, err = fmt.Fprintln(os.Stdout, name)
				}
				if err != nil {
					ends <- err
					return
				}
			}
		}()
	}
	return <-ends
}

// observeNext takes the step of a citizen's history from a revision to the next one,
// with an entry. At the first, the citizen signs in and consents.
func observeNext(db *DB, ref citizen.Ref, revision int64, name string) error {
	ctx := context.Background()
	if revision == 0 {
		s := subjectOf(ref, "sealed")
		s.Lookup.MAC = session.IDOf(string(ref))
		_, err := db.Subjects().AddSubject(ctx, s)
		r := session.Record{Hash: session.IDOf(string(ref)), Citizen: ref, Sealed: []byte{1}, CreatedAt: at(0), SeenAt: at(0), ExpiresAt: at(9)}
		event := consent.Event{Seq: 1, ID: string(ref), Kind: consent.Granted, Citizen: ref, Client: "app-one", At: at(0)}
		granted := sample(0)
		granted.Kind, granted.Citizen, granted.Digest = audit.ConsentGranted, ref, event.Digest()
		if err := errors.Join(err, db.Sessions().AddSession(ctx, r, sample(0)), db.Consents().Record(ctx, 0, event, granted)); err != nil {
			return err
		}
	}
	g := audit.NewGuard(audit.GuardParts{Citizen: ref, Client: "app-one", ConsentSeq: 1, Session: session.IDOf(string(ref)), Until: at(9)})
	e := sample(0)
	e.Kind, e.Citizen, e.Outcome, e.Digest = audit.DataReleased, ref, audit.Succeeded, name
	step := history.Step{Expected: revision, Put: []history.Row{{Referral: "a", KeyID: "k1", Sealed: []byte(name)}}}
	_, err := db.Histories().Append(ctx, g, ref, step, e)
	return err
}

func TestKilledUnderLoad(t *testing.T) {
	path := newPath(t)
	acknowledged := map[string]bool{}
	for range 3 {
		cmd, out := play(t, "write until killed", path)
		lines := bufio.NewReader(out)
		for n := 0; ; n++ {
			if n == 200 {
				if err := cmd.Process.Kill(); err != nil { // SIGKILL to that one process
					t.Fatal(err)
				}
			}
			line, err := lines.ReadString('\n')
			if err != nil {
				break // what was said before the end is said
			}
			acknowledged[strings.TrimSpace(line)] = true
		}
		_ = cmd.Wait()
	}
	if len(acknowledged) < 600 {
		t.Fatalf("only %d acts were acknowledged", len(acknowledged))
	}

	db := openAt(t, path)
	size := whole(t, db)
	logged := map[string]bool{}
	records, err := db.Log().Records(t.Context(), -1, int(size))
	if err != nil {
		t.Fatal(err)
	}
	consents, observed := 0, map[citizen.Ref]int64{}
	for _, r := range records {
		e, err := r.Entry()
		if err != nil {
			t.Fatal(err)
		}
		logged[e.Digest] = true
		if e.Kind == audit.ConsentGranted {
			consents++
		}
		if e.Kind == audit.DataReleased {
			observed[citizen.Ref(e.Digest[:strings.LastIndex(e.Digest, "-")])]++
		}
	}
	histories, err := db.Histories().Citizens(t.Context(), "", len(observed)+1)
	if err != nil || len(histories) != len(observed) || len(observed) == 0 {
		t.Errorf("%d histories, entries about %d, %v", len(histories), len(observed), err)
	}
	for ref, entries := range observed {
		stored, err := db.Histories().Observations(t.Context(), ref)
		if err != nil || stored.Revision != entries || string(stored.Rows[0].Sealed) != fmt.Sprintf("%s-%d", ref, entries-1) {
			t.Errorf("%s has %d entries and the history %+v, %v", ref, entries, stored, err)
		}
	}
	if n, err := consent.CompareWithLog(t.Context(), db.Consents(), db.Log(), time.Time{}); err != nil || n != consents {
		t.Errorf("%d consents of %d in the log, %v", n, consents, err)
	}
	for name := range acknowledged {
		events, err := db.Consents().Events(t.Context(), citizen.Ref(name))
		if err != nil {
			t.Fatal(err)
		}
		if !logged[name] && (len(events) != 1 || !logged[events[0].Digest()]) {
			t.Errorf("%s was acknowledged and is not in the log", name)
		}
	}
	var events int
	if err := db.read.QueryRowContext(t.Context(), `SELECT count(*) FROM consent_events`).Scan(&events); err != nil || events != consents {
		t.Errorf("%d consent events, %d in the log, %v", events, consents, err)
	}
}

func TestDamagedWAL(t *testing.T) {
	path := newPath(t)
	db := openAt(t, path)
	for i := range 50 {
		if _, err := db.Log().Append(t.Context(), audit.Guard{}, sample(i)); err != nil {
			t.Fatal(err)
		}
	}
	known := checkpointOf(t, db)
	file, err := os.ReadFile(path) // nobody writes now: as a crash would leave them
	if err != nil {
		t.Fatal(err)
	}
	wal, err := os.ReadFile(path + "-wal")
	if err != nil {
		t.Fatal(err)
	}

	for name, damage := range map[string]func([]byte) []byte{
		"cut in the last page":     func(w []byte) []byte { return w[:len(w)-100] },
		"cut in the middle":        func(w []byte) []byte { return w[:len(w)/2+77] },
		"a torn page near the end": func(w []byte) []byte { return invert(w, len(w)-3000, len(w)-1000) },
		"one bit in the middle":    func(w []byte) []byte { return invert(w, len(w)*2/3, len(w)*2/3+1) },
		"cut near the end":         func(w []byte) []byte { return w[:len(w)*9/10] },
	} {
		t.Run(name+" leaves a whole beginning of the log, and the checkpoint tells that the end is gone", func(t *testing.T) {
			copied := filepath.Join(t.TempDir(), "care.db")
			if err := os.WriteFile(copied, file, private); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(copied+"-wal", damage(append([]byte(nil), wal...)), private); err != nil {
				t.Fatal(err)
			}
			db := openAt(t, copied)
			n := whole(t, db)
			if n >= 50 || n == 0 {
				t.Errorf("%d entries", n)
			}
			_, err := audit.Verify(t.Context(), db.Log(), known)
			var f *audit.Fault
			if !errors.As(err, &f) || f.Kind != audit.Truncated || f.First != n {
				t.Errorf("error %v", err)
			}
			if r, err := db.Log().Append(t.Context(), audit.Guard{}, sample(0)); err != nil || r.First != n {
				t.Errorf("going on: %+v, %v", r, err)
			}
			whole(t, db)
		})
	}
}

func invert(b []byte, from, to int) []byte {
	for i := from; i < to; i++ {
		b[i] ^= 0xff
	}
	return b
}
