package audit

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/samply/golang-fhir-models/fhir-models/fhir"
)

func exported(t testing.TB, l Source, o ExportOptions) string {
	t.Helper()
	if o.Format == "" {
		o.Format = NDJSON
	}
	o.MadeAt = day(5)
	var b bytes.Buffer
	if err := Export(t.Context(), l, &b, o); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestWholeExport(t *testing.T) {
	l := newLog(t, 7)
	first := l.checkpoint(t)
	e := sample(7)
	e.Reason = "<script> & \u2028"
	l.add(t, e)
	l.add(t, Entry{Kind: Pruned, Outcome: Succeeded, Actor: ActorService, At: day(3), Before: 2})
	l.records[0].Leaf, l.records[0].Correlation = nil, nil
	var edge Edge
	for _, r := range l.records {
		edge.Append(r.Hashes[0])
	}
	last := Checkpoint{Size: 9, Root: edge.Root()}
	text := exported(t, l, ExportOptions{})
	lines := strings.SplitAfter(text, "\n")

	t.Run("proves itself against the checkpoints alone", func(t *testing.T) {
		r, err := CheckExport(strings.NewReader(text), first, last)
		if err != nil || r.Entries != 9 || r.WithoutBody != 1 || r.Checkpoints != 2 || r.Vouched != 9 {
			t.Errorf("%+v, %v", r, err)
		}
	})

	for name, c := range map[string]struct {
		text string
		kind FaultKind
	}{
		"a changed body":            {strings.Replace(text, `"digest":"digest-3"`, `"digest":"digest-4"`, 1), Rewritten},
		"a missing line":            {strings.Join(slices.Delete(slices.Clone(lines), 3, 4), ""), Missing},
		"a missing end":             {strings.Join(lines[:7], ""), Truncated},
		"two lines in another turn": {strings.Join([]string{lines[0], lines[2], lines[1]}, ""), Missing},
		"a line twice":              {strings.Join(append(slices.Clone(lines[:3]), lines[2:]...), ""), OutOfPlace},
		"a changed correlation":     {strings.Replace(text, `"id":"correlation-3"`, `"id":"correlation-4"`, 1), Relabelled},
		"a body left out":           {strings.Replace(text, lines[8], `{"seq":7,"hash":"`+l.records[7].Hashes[0].String()+`"}`+"\n", 1), Missing},
		"neither body nor hash":     {strings.Replace(text, lines[8], `{"seq":7}`+"\n", 1), Missing},
	} {
		t.Run(name+" is found", func(t *testing.T) {
			_, err := CheckExport(strings.NewReader(c.text), first, last)
			var f *Fault
			if !errors.As(err, &f) || f.Kind != c.kind {
				t.Errorf("%v instead of %s", err, c.kind)
			}
		})
	}

	t.Run("what is no export is called so", func(t *testing.T) {
		for _, bad := range []string{"", "{}\n", "x", lines[0] + "{\"seq\":0,", lines[0] + "{\"unknown\":0}\n", strings.Repeat("x", 2*maxExportLine)} {
			if _, err := CheckExport(strings.NewReader(bad)); !errors.Is(err, ErrNotExport) {
				t.Errorf("%.20q: %v", bad, err)
			}
		}
	})

	t.Run("entries appended meanwhile are left out", func(t *testing.T) {
		growing := &growingLog{fakeLog: newLog(t, 3), t: t}
		r, err := CheckExport(strings.NewReader(exported(t, growing, ExportOptions{})))
		if err != nil || r.Entries != 3 {
			t.Errorf("%+v, %v", r, err)
		}
	})
}

// growingLog grows whenever somebody reads it.
type growingLog struct {
	*fakeLog
	t testing.TB
}

func (l *growingLog) Records(ctx context.Context, after int64, limit int) ([]Record, error) {
	if len(l.records) < 6 {
		l.add(l.t, sample(len(l.records)))
	}
	return l.fakeLog.Records(ctx, after, limit)
}

func TestFilteredExport(t *testing.T) {
	l := newLog(t, 12)
	known := l.checkpoint(t)
	f := Filter{Since: sample(3).At, Until: sample(6).At, Citizen: "PSEUDONYM"}
	text := exported(t, l, ExportOptions{Filter: f, Prove: true})

	t.Run("each entry proves itself under the checkpoint of the export's size", func(t *testing.T) {
		r, err := CheckExport(strings.NewReader(text), known)
		if err != nil || r.Entries != 3 {
			t.Errorf("%+v, %v", r, err)
		}
	})

	for name, c := range map[string]struct {
		text  string
		known []Checkpoint
		kind  FaultKind
	}{
		"a changed body":            {strings.Replace(text, `"digest":"digest-4"`, `"digest":"digest-5"`, 1), []Checkpoint{known}, NotVouched},
		"a changed place":           {strings.Replace(text, `{"seq":4,`, `{"seq":5,`, 1), []Checkpoint{known}, NotVouched},
		"no proofs":                 {exported(t, l, ExportOptions{Filter: f}), []Checkpoint{known}, NotVouched},
		"no checkpoint":             {text, nil, NotVouched},
		"a checkpoint before it":    {text, []Checkpoint{newLog(t, 11).checkpoint(t)}, NotVouched},
		"an entry not asked for":    {strings.Replace(text, `"since":"2026-11-01T12:33`, `"since":"2026-11-01T12:34`, 1), []Checkpoint{known}, OutOfPlace},
		"a correlation that is not": {strings.Replace(text, `"id":"correlation-4"`, `"id":"correlation-9"`, 1), []Checkpoint{known}, Relabelled},
	} {
		t.Run(name+" is found", func(t *testing.T) {
			_, err := CheckExport(strings.NewReader(c.text), c.known...)
			var fault *Fault
			if !errors.As(err, &fault) || fault.Kind != c.kind {
				t.Errorf("%v instead of %s", err, c.kind)
			}
		})
	}
}

func TestCSVExport(t *testing.T) {
	l := newLog(t, 2)
	e := sample(2)
	e.Reason = `=HYPERLINK("http://example.com")`
	e.Purpose = "line\nbreak, comma"
	l.add(t, e)
	rows, err := csv.NewReader(strings.NewReader(exported(t, l, ExportOptions{Format: CSV}))).ReadAll()
	if err != nil || len(rows) != 4 {
		t.Fatalf("%v, %v", rows, err)
	}
	if rows[3][8] != `'=HYPERLINK("http://example.com")` || rows[3][7] != "line\nbreak, comma" || rows[3][17] != "correlation-2" {
		t.Errorf("%q", rows[3])
	}
}

func TestFHIRExport(t *testing.T) {
	l := newLog(t, 1)
	l.add(t, Entry{Kind: SignInRefused, Outcome: Refused, Reason: "under_16", At: day(2)})
	l.add(t, Entry{Kind: ConsentGranted, Outcome: Succeeded, At: day(2), Actor: ActorCitizen, Citizen: "PSEUDONYM", Client: "app-one", Consent: "c1", Scopes: []string{"timeline:read"}})
	lines := strings.Split(strings.TrimSpace(exported(t, l, ExportOptions{Format: FHIR})), "\n")
	if len(lines) != 3 {
		t.Fatalf("%d lines", len(lines))
	}
	for i, line := range lines {
		event, err := fhir.UnmarshalAuditEvent([]byte(line))
		if err != nil {
			t.Fatal(err)
		}
		var raw map[string]any
		if err := json.Unmarshal([]byte(line), &raw); err != nil || raw["resourceType"] != "AuditEvent" {
			t.Errorf("%v, %v", raw, err)
		}
		if event.Type.Code == nil || len(event.Agent) == 0 || !event.Agent[0].Requestor || event.Agent[0].Who == nil ||
			event.Source.Observer.Display == nil || event.Outcome == nil || event.Recorded == "" {
			t.Errorf("line %d lacks what the profile requires: %s", i, line)
		}
		if strings.Contains(line, `""`) {
			t.Errorf("line %d has an empty value, which FHIR forbids: %s", i, line)
		}
	}
	if *fhirOutcome(t, lines[1]) != fhir.AuditEventOutcome4 {
		t.Error("a refusal is told as something else")
	}
}

func fhirOutcome(t *testing.T, line string) *fhir.AuditEventOutcome {
	t.Helper()
	event, err := fhir.UnmarshalAuditEvent([]byte(line))
	if err != nil {
		t.Fatal(err)
	}
	return event.Outcome
}

func TestExportRefusesAnUnknownFormat(t *testing.T) {
	if err := Export(t.Context(), newLog(t, 1), &bytes.Buffer{}, ExportOptions{Format: "pdf"}); !errors.Is(err, ErrUnknownFormat) {
		t.Error(err)
	}
}

func TestCursor(t *testing.T) {
	if c, err := ParseCursor(Cursor{}.String()); err != nil || c != (Cursor{}) {
		t.Errorf("%v, %v", c, err)
	}
	for _, bad := range []string{"x", "!", "e30", "WyJub3ciLDFd"} {
		if _, err := ParseCursor(bad); !errors.Is(err, ErrBadCursor) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}
