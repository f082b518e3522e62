package powercuttest

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// calls are those that can change what a file holds or what is sure of it. The mark says
// that some machines do not have the call.
const calls = "?open,openat,openat2,?creat,write,writev,pwrite64,pwritev,pwritev2,?truncate,ftruncate,fallocate," +
	"fsync,fdatasync,sync_file_range,?unlink,unlinkat,?rename,?renameat,renameat2,?link,linkat,mmap,copy_file_range,?sendfile,io_uring_setup"

// Record runs a command, which it changes, and records what it does with the files that are
// directly in a folder, which MUST be empty. Files whose names end like one of volatile are
// left out: those that the next process makes from the others. Where strace is missing or not
// permitted the test is skipped, and fails where PCA_REQUIRE_STRACE is set.
func Record(t testing.TB, cmd *exec.Cmd, in string, volatile ...string) *Recording {
	t.Helper()
	strace := needStrace(t)
	in, err := filepath.EvalSymlinks(in)
	if err != nil {
		t.Fatal(err)
	}
	trace := filepath.Join(t.TempDir(), "trace")
	cmd.Args = append([]string{strace, "-f", "-y", "-xx", "-s", "1000000", "--seccomp-bpf", "-e", "signal=none", "-e", "trace=" + calls, "-o", trace, cmd.Path}, cmd.Args[1:]...)
	cmd.Path = strace
	var output, errorOutput bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &errorOutput
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v: %s", err, &errorOutput)
	}
	file, err := os.Open(trace)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	p := &parser{folder: in, volatile: volatile, unfinished: map[int]string{}}
	lines := bufio.NewReaderSize(file, 1<<20)
	for n := 1; ; n++ {
		line, err := lines.ReadString('\n')
		if err != nil {
			break // the last line ends too
		}
		if err := p.line(strings.TrimSuffix(line, "\n")); err != nil {
			t.Fatalf("line %d of strace's output: %v", n, err)
		}
	}
	r := &Recording{p.events}
	if err := r.compare(in, p.isVolatile); err != nil {
		t.Fatal(err)
	}
	if lines := strings.Count(output.String(), "\n"); lines != len(r.Said()) {
		t.Fatalf("the process said %d lines, of which not all are in the recording", lines)
	}
	return r
}

func needStrace(t testing.TB) string {
	t.Helper()
	missing := t.Skipf
	if os.Getenv("PCA_REQUIRE_STRACE") != "" {
		missing = t.Fatalf
	}
	path, err := exec.LookPath("strace")
	if err != nil {
		missing("strace is not installed: make strace installs it")
	}
	if said, err := exec.CommandContext(t.Context(), path, "-f", "--seccomp-bpf", "-e", "trace=fsync", "-o", os.DevNull, "true").CombinedOutput(); err != nil {
		missing("strace cannot trace here (a container needs the capability SYS_PTRACE): %v: %s", err, bytes.TrimSpace(said))
	}
	return path
}

// compare finds whether anything was written in another way than by the recorded calls.
func (r *Recording) compare(in string, isVolatile func(path string) bool) error {
	d := newDisk()
	for _, e := range r.events {
		if e.kind != said {
			d.apply(e)
		}
	}
	seen := d.seen()
	files, err := os.ReadDir(in)
	if err != nil {
		return err
	}
	for _, f := range files {
		if isVolatile(f.Name()) {
			continue
		}
		got, err := os.ReadFile(filepath.Join(in, f.Name()))
		if err != nil {
			return err
		}
		want, ok := seen[f.Name()]
		if delete(seen, f.Name()); !ok || !bytes.Equal(got, want) {
			return fmt.Errorf("the file %s holds other bytes than the recording gives", f.Name())
		}
	}
	if len(seen) > 0 {
		return fmt.Errorf("the recording gives %d files that are not there", len(seen))
	}
	return nil
}

var errNotUnderstood = errors.New("not understood")

// parser reads strace's lines.
type parser struct {
	folder     string
	volatile   []string
	unfinished map[int]string // by thread
	events     []event
}

func (p *parser) line(line string) error {
	number, text, found := strings.Cut(strings.TrimLeft(line, " "), " ")
	var thread int
	if _, err := fmt.Sscan(number, &thread); err != nil || !found {
		return fmt.Errorf("%w: %.80s", errNotUnderstood, line)
	}
	text = strings.TrimLeft(text, " ")
	if strings.HasPrefix(text, "+++") || strings.HasPrefix(text, "---") {
		return nil
	}
	if begun, ok := strings.CutSuffix(text, " <unfinished ...>"); ok {
		p.unfinished[thread] = begun
		return p.begins(thread, begun)
	}
	if strings.HasPrefix(text, "<... ") {
		_, rest, _ := strings.Cut(text, "resumed>")
		text = p.unfinished[thread] + rest
		delete(p.unfinished, thread)
	} else if err := p.begins(thread, text); err != nil {
		return err
	}
	end := strings.LastIndex(text, " = ")
	if end < 0 {
		return fmt.Errorf("%w: %.80s", errNotUnderstood, text)
	}
	result := text[end+len(" = "):]
	if strings.HasPrefix(result, "-1 ") || strings.HasPrefix(result, "?") {
		return nil // it failed, or the process ended in it
	}
	return p.ends(thread, strings.TrimSuffix(strings.TrimRight(text[:end], " "), ")"), result)
}

// begins notes that a sync begins: it is about what was written before.
func (p *parser) begins(thread int, text string) error {
	call, arguments, _ := strings.Cut(text, "(")
	if call != "fsync" && call != "fdatasync" {
		return nil
	}
	return p.of(openFile(arguments), event{kind: syncBegins, thread: thread})
}

// ends notes what a call did that succeeded.
func (p *parser) ends(thread int, text, result string) error {
	call, all, _ := strings.Cut(text, "(")
	arguments := strings.Split(all, ", ")
	switch call {
	case "fsync", "fdatasync":
		return p.of(openFile(arguments[0]), event{kind: syncEnds, thread: thread})
	case "open", "openat":
		if strings.Contains(all, "O_TRUNC") {
			return p.none(openFile(result), call)
		}
		if strings.Contains(all, "O_CREAT") {
			return p.of(openFile(result), event{kind: created})
		}
		return nil
	case "unlink":
		return p.of(unescape(arguments[0]), event{kind: removed})
	case "unlinkat":
		path := unescape(arguments[1])
		if !filepath.IsAbs(path) {
			path = filepath.Join(openFile(arguments[0]), path)
		}
		return p.of(path, event{kind: removed})
	case "write":
		if strings.HasPrefix(all, "1<") {
			for line := range strings.Lines(unescape(arguments[1])) {
				p.events = append(p.events, event{kind: said, said: strings.TrimSuffix(line, "\n")})
			}
			return nil
		}
	case "pwrite64":
		var count, at int64
		if _, err := fmt.Sscan(result+" "+arguments[3], &count, &at); err != nil {
			return fmt.Errorf("%w: %s at %q", errNotUnderstood, call, arguments[3])
		}
		return p.of(openFile(arguments[0]), event{kind: written, at: at, bytes: []byte(unescape(arguments[1]))[:count]})
	case "ftruncate":
		var size int64
		if _, err := fmt.Sscan(arguments[1], &size); err != nil {
			return fmt.Errorf("%w: %s to %q", errNotUnderstood, call, arguments[1])
		}
		return p.of(openFile(arguments[0]), event{kind: resized, at: size})
	case "mmap":
		if !strings.Contains(all, "MAP_SHARED") || !strings.Contains(all, "PROT_WRITE") {
			return nil
		}
	case "io_uring_setup":
		return fmt.Errorf("%w: %s", errNotUnderstood, call)
	}
	for _, a := range arguments {
		path := openFile(a)
		if path == "" {
			path = unescape(a)
		}
		if err := p.none(path, call); err != nil {
			return err
		}
	}
	return nil
}

// of adds an event if it is about a file of the folder.
func (p *parser) of(path string, e event) error {
	switch {
	case path == p.folder:
		e.name = folder
	case filepath.Dir(path) == p.folder && !p.isVolatile(path):
		e.name = filepath.Base(path)
	default:
		return nil
	}
	p.events = append(p.events, e)
	return nil
}

// none refuses a call that this package does not follow, on a file that matters.
func (p *parser) none(path, call string) error {
	if filepath.Dir(path) == p.folder && !p.isVolatile(path) {
		return fmt.Errorf("%w: %s of %s", errNotUnderstood, call, path)
	}
	return nil
}

func (p *parser) isVolatile(path string) bool {
	return slices.ContainsFunc(p.volatile, func(suffix string) bool { return strings.HasSuffix(path, suffix) })
}

// openFile is the path of an open file, as strace has it behind its number: 3<path>.
func openFile(text string) string {
	_, path, _ := strings.Cut(text, "<")
	path, _, found := strings.Cut(path, ">")
	if !found {
		return ""
	}
	return unescape(path)
}

// unescape reads a text of which strace writes each byte as \x and two digits, with or
// without quotes.
func unescape(text string) string {
	text = strings.TrimPrefix(text, `"`)
	text, _, _ = strings.Cut(text, `"`)
	var out strings.Builder
	out.Grow(len(text) / 4)
	for len(text) >= 4 && text[0] == '\\' && text[1] == 'x' {
		out.WriteByte(digit(text[2])<<4 | digit(text[3]))
		text = text[4:]
	}
	out.WriteString(text)
	return out.String()
}

func digit(c byte) byte {
	if c >= 'a' {
		return c - 'a' + 10
	}
	return c - '0'
}
