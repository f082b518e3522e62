//go:build linux

package sqlite

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
)

// reachALimit lets the WAL grow into a file size limit, so that it is the commit that
// fails, and takes the limit away again. The first act that fails so has an unknown
// outcome.
func reachALimit(path string) error {
	signal.Ignore(syscall.SIGXFSZ) // a write beyond the limit fails instead
	limit := func(bytes uint64) error {
		return syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: bytes, Max: ^uint64(0)})
	}
	full := func() error { return limit(400 << 10) }
	room := func() error { return limit(^uint64(0)) }
	unknown, failed, err := appendWithoutRoom(path, full, room)
	if err == nil && unknown == 0 {
		err = fmt.Errorf("no commit had an unknown outcome; %d acts failed in another way", failed)
	}
	return err
}

// smallDisk is where fillASmallDisk has its database, beside the one that it leaves.
func smallDisk(path string) string { return filepath.Join(filepath.Dir(path), "disk") }

// fillASmallDisk has a database on a file system of its own, which fills up and then gets
// room again, and copies it from there.
func fillASmallDisk(path string) error {
	if err := syscall.Mount("tmpfs", smallDisk(path), "tmpfs", 0, "size=6m,mode=700"); err != nil {
		return fmt.Errorf("%w: %w", errNoDisk, err)
	}
	small, ballast := filepath.Join(smallDisk(path), "care.db"), filepath.Join(smallDisk(path), "ballast")
	full := func() error { return os.WriteFile(ballast, make([]byte, 3<<20), private) }
	room := func() error { return os.Remove(ballast) }
	unknown, failed, err := appendWithoutRoom(small, full, room)
	if err != nil {
		return err
	}
	if unknown+failed == 0 {
		return errors.New("the disk was not full")
	}
	for _, part := range []string{"", "-wal"} {
		data, err := os.ReadFile(small + part)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err == nil {
			err = os.WriteFile(path+part, data, private)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

var errNoDisk = errors.New("a file system of its own is not permitted here")

// notWritten is before the name of an entry of which the store said that it was not written.
const notWritten = "not written: "

// appendWithoutRoom appends by four callers after full was called, and once more after
// room was. It says which entries were acknowledged and which were not written, and counts
// the acts that failed.
func appendWithoutRoom(path string, full, room func() error) (unknown, failed int, err error) {
	db, err := Open(context.Background(), path, Options{})
	if err != nil {
		return 0, 0, err
	}
	if err := full(); err != nil {
		return 0, 0, err
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	for w := range 4 {
		wg.Go(func() {
			for n := range 300 {
				e := sample(n)
				e.Digest, e.Reason = fmt.Sprintf("%d-%d", w, n), strings.Repeat("x", 3800)
				_, err := db.Log().Append(context.Background(), audit.Guard{}, e)
				mu.Lock()
				switch {
				case errors.Is(err, audit.ErrOutcomeUnknown):
					unknown++
				case err != nil:
					failed++
					_, _ = fmt.Fprintln(os.Stdout, notWritten+e.Digest)
				default:
					_, _ = fmt.Fprintln(os.Stdout, e.Digest)
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if err := room(); err != nil {
		return unknown, failed, err
	}
	e := sample(0)
	e.Digest = "with room again"
	if _, err := db.Log().Append(context.Background(), audit.Guard{}, e); err != nil {
		return unknown, failed, fmt.Errorf("with room again: %w", err)
	}
	_, _ = fmt.Fprintln(os.Stdout, e.Digest)
	return unknown, failed, db.Close()
}

func TestAFullDiskCostsNothingThatWasAcknowledged(t *testing.T) {
	t.Run("where files may not grow", func(t *testing.T) {
		path := newPath(t)
		cmd := player(t, "reach a limit", path)
		cmd.Stderr = t.Output()
		said, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		holdsWhatWasSaid(t, path, said)
	})
	t.Run("where no space is left", func(t *testing.T) {
		path := newPath(t)
		if err := os.Mkdir(smallDisk(path), 0o700); err != nil {
			t.Fatal(err)
		}
		cmd := player(t, "fill a small disk", path)
		cmd.SysProcAttr = &syscall.SysProcAttr{
			Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS, // so that nobody else sees the file system
			UidMappings: []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}},
			GidMappings: []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}},
		}
		var errorOutput bytes.Buffer
		cmd.Stderr = io.MultiWriter(&errorOutput, t.Output())
		said, err := cmd.Output()
		if errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.ENOSPC) || strings.Contains(errorOutput.String(), errNoDisk.Error()) {
			t.Skipf("%v: %v %s", errNoDisk, err, &errorOutput)
		}
		if err != nil {
			t.Fatal(err)
		}
		holdsWhatWasSaid(t, path, said)
	})
}

// holdsWhatWasSaid requires that the log is whole and has each entry that was acknowledged.
func holdsWhatWasSaid(t *testing.T, path string, said []byte) {
	t.Helper()
	acknowledged := map[string]bool{}
	for line := range strings.Lines(string(said)) {
		acknowledged[strings.TrimSpace(line)] = true
	}
	// How many fit in front of the limit depends on how the writer's batches fall.
	if !acknowledged["with room again"] || len(acknowledged) < 2 {
		t.Fatalf("acknowledged: %v", acknowledged)
	}
	db := openAt(t, path)
	records, err := db.Log().Records(t.Context(), -1, int(whole(t, db)))
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range records {
		e, err := r.Entry()
		if err != nil {
			t.Fatal(err)
		}
		if acknowledged[notWritten+e.Digest] {
			t.Errorf("%s is in the log, and its caller was told that it was not written", e.Digest)
		}
		delete(acknowledged, e.Digest)
	}
	maps.DeleteFunc(acknowledged, func(name string, _ bool) bool { return strings.HasPrefix(name, notWritten) })
	if len(acknowledged) > 0 {
		t.Errorf("acknowledged and not in the log: %v", acknowledged)
	}
}
