package powercuttest

import (
	"errors"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// escaped is a text as strace -xx writes it.
func escaped(text string) string {
	const digits = "0123456789abcdef"
	var out strings.Builder
	for i := range len(text) {
		out.WriteString(`\x` + string(digits[text[i]>>4]) + string(digits[text[i]&15]))
	}
	return out.String()
}

func TestTheLinesOfStrace(t *testing.T) {
	file := func(name string) string { return "5<" + escaped("/data/"+name) + ">" }
	text := func(s string) string { return `"` + escaped(s) + `"` }
	for name, c := range map[string]struct {
		lines []string
		want  []string
		err   error
	}{
		"a file's life": {
			[]string{
				`7 openat(AT_FDCWD</>, ` + text("/data/f") + `, O_RDWR|O_CREAT|O_EXCL|O_CLOEXEC, 0600) = ` + file("f"),
				`7 pwrite64(` + file("f") + `, ` + text("abc") + `, 3, 10) = 2`,
				`7 fsync(` + file("f") + `)       = 0`,
				`7 ftruncate(` + file("f") + `, 1) = 0`,
				`7 unlink(` + text("/data/f") + `) = 0`,
				`7 fsync(5<` + escaped("/data") + `>) = 0`,
				`7 +++ exited with 0 +++`,
			},
			[]string{"created (f) 0 ", "written (f) 10 ab", "sync begins (f) 0 ", "sync ends (f) 0 ", "resized (f) 1 ", "removed (f) 0 ", "sync begins (the folder) 0 ", "sync ends (the folder) 0 "},
			nil,
		},
		"calls that others come between": {
			[]string{
				`7 fsync(` + file("f") + ` <unfinished ...>`,
				` 18 pwrite64(` + file("f") + `, ` + text("a") + `, 1, 0 <unfinished ...>`,
				`7 <... fsync resumed>)       = 0`,
				` 18 <... pwrite64 resumed>)  = 1`,
			},
			[]string{"sync begins (f) 0 ", "sync ends (f) 0 ", "written (f) 0 a"},
			nil,
		},
		"a sync that failed made nothing sure": {
			[]string{`7 fsync(` + file("f") + `) = -1 EIO (Input/output error)`}, []string{"sync begins (f) 0 "}, nil,
		},
		"other files, and those that another process makes from the others": {
			[]string{
				`7 pwrite64(5<` + escaped("/elsewhere/f") + `>, ` + text("a") + `, 1, 0) = 1`,
				`7 pwrite64(` + file("f-shm") + `, ` + text("a") + `, 1, 0) = 1`,
				`7 mmap(NULL, 32768, PROT_READ|PROT_WRITE, MAP_SHARED, ` + file("f-shm") + `, 0) = 0x7f0000000000`,
			}, nil, nil,
		},
		"writing by mapping the file":   {[]string{`7 mmap(NULL, 4096, PROT_READ|PROT_WRITE, MAP_SHARED, ` + file("f") + `, 0) = 0x7f0000000000`}, nil, errNotUnderstood},
		"writing where it last was":     {[]string{`7 write(` + file("f") + `, ` + text("a") + `, 1) = 1`}, nil, errNotUnderstood},
		"another name":                  {[]string{`7 rename(` + text("/data/f") + `, ` + text("/data/g") + `) = 0`}, nil, errNotUnderstood},
		"emptying a file by opening it": {[]string{`7 open(` + text("/data/f") + `, O_RDWR|O_TRUNC) = ` + file("f")}, nil, errNotUnderstood},
		"a line of another form":        {[]string{`strace: out of memory`}, nil, errNotUnderstood},
	} {
		t.Run(name, func(t *testing.T) {
			p := &parser{folder: "/data", volatile: []string{"-shm"}, unfinished: map[int]string{}}
			var err error
			for _, line := range c.lines {
				err = errors.Join(err, p.line(line))
			}
			if !errors.Is(err, c.err) {
				t.Errorf("error %v", err)
			}
			var got []string
			for _, e := range p.events {
				got = append(got, strings.Join([]string{e.String(), strconv.FormatInt(e.at, 10), string(e.bytes)}, " "))
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("%q instead of %q", got, c.want)
			}
		})
	}
}

func TestRecordingAProcess(t *testing.T) {
	folder := t.TempDir()
	cmd := exec.CommandContext(t.Context(), "sh", "-c", `truncate -s 3 f && sync f && echo synced && truncate -s 2 f && rm f && truncate -s 1 g`)
	cmd.Dir = folder
	r := Record(t, cmd, folder)
	var got []string
	for _, e := range r.events {
		got = append(got, e.String())
	}
	want := []string{"created (f)", "resized (f)", "sync begins (f)", "sync ends (f)", "said", "created (f)", "resized (f)", "removed (f)", "created (g)", "resized (g)"}
	if !slices.Equal(slices.Compact(got), want) || !slices.Equal(r.Said(), []string{"synced"}) {
		t.Errorf("%q, and %q was said", got, r.Said())
	}
}
