package checkpoint_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/patient-care-aggregator/aggregator/internal/audit/audittest"
	"github.com/patient-care-aggregator/aggregator/internal/audit/checkpoint"
)

func TestCheckpointsAreReadInEveryFormInWhichTheyAreKept(t *testing.T) {
	t.Parallel()
	key, verifier := newKey(t)
	other, _ := newKey(t)
	sign := func(size int, by checkpoint.Key) string {
		signed, err := checkpoint.Sign(audittest.New(t, size).Checkpoint(t), by.Signers...)
		if err != nil {
			t.Fatal(err)
		}
		return string(signed)
	}
	line := func(note string) string {
		text, err := json.Marshal(map[string]any{"checkpoint": note, "size": 1})
		if err != nil {
			t.Fatal(err)
		}
		return string(text) + "\n"
	}
	one, two, three, foreign := sign(1, key), sign(2, key), sign(3, key), sign(2, other)
	for name, c := range map[string]struct {
		text              string
		sizes             []int64
		foreign, cutShort int
	}{
		"nothing":                      {"", nil, 0, 0},
		"one note":                     {one, []int64{1}, 0, 0},
		"notes, one behind the other":  {one + two + three, []int64{1, 2, 3}, 0, 0},
		"notes with lines between":     {one + "\n\n" + two + "\n", []int64{1, 2}, 0, 0},
		"a note with two signatures":   {strings.TrimSuffix(one, "\n") + "\n\u2014 witness.example AAAAAAAA\n" + two, []int64{1, 2}, 0, 0},
		"JSON lines":                   {line(one) + "\n" + line(two), []int64{1, 2}, 0, 0},
		"both":                         {line(one) + two + line(three), []int64{1, 2, 3}, 0, 0},
		"a note of another key":        {one + foreign + two, []int64{1, 2}, 1, 0},
		"a line of another key":        {line(foreign) + line(two), []int64{2}, 1, 0},
		"a changed note":               {strings.Replace(one, "\n1\n", "\n9\n", 1) + two, []int64{2}, 1, 0},
		"a line that was interrupted":  {line(one) + line(two)[:40] + "\n" + line(three), []int64{1, 3}, 0, 1},
		"a note that was interrupted":  {one + two[:30], []int64{1}, 0, 1},
		"something else altogether":    {"hello\nworld\n", nil, 0, 1},
		"a signature without its text": {"\u2014 log.example AAAAAAAA\n", nil, 1, 0},
	} {
		found, err := checkpoint.Read(strings.NewReader(c.text), verifier)
		var sizes []int64
		for _, k := range found.Checkpoints {
			sizes = append(sizes, k.Size)
		}
		if err != nil || len(sizes) != len(c.sizes) || found.Foreign != c.foreign || found.CutShort != c.cutShort {
			t.Errorf("%s: %v, %d foreign, %d cut short, %v", name, sizes, found.Foreign, found.CutShort, err)
		}
		for i := range sizes {
			if i < len(c.sizes) && sizes[i] != c.sizes[i] {
				t.Errorf("%s: %v", name, sizes)
			}
		}
	}
	if _, err := checkpoint.Read(strings.NewReader(strings.Repeat("x", 2<<20)), verifier); err == nil {
		t.Error("a line without end is read")
	}
}
