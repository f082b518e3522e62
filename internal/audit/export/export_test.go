package export_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/samply/golang-fhir-models/fhir-models/fhir"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/audit/audittest"
	"github.com/patient-care-aggregator/aggregator/internal/audit/export"
)

func exported(t testing.TB, l audit.Source, o export.Options) string {
	t.Helper()
	if o.Format == "" {
		o.Format = export.NDJSON
	}
	o.MadeAt = audittest.Day(5)
	var b bytes.Buffer
	if err := export.Write(t.Context(), l, &b, o); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestWholeExport(t *testing.T) {
	l := audittest.New(t, 7)
	first := l.Checkpoint(t)
	e := audittest.Sample(7)
	e.Reason = "<script> & \u2028"
	l.Add(t, e)
	l.Add(t, audit.Entry{Kind: audit.Pruned, Outcome: audit.Succeeded, Actor: audit.ActorService, At: audittest.Day(3), Before: 2})
	l.Stored[0].Opening = nil
	var edge audit.Edge
	for _, r := range l.Stored {
		edge.Append(r.Hashes[0])
	}
	last := audit.Checkpoint{Size: 9, Root: edge.Root()}
	text := exported(t, l, export.Options{})
	lines := strings.SplitAfter(text, "\n")

	t.Run("proves itself against the checkpoints alone", func(t *testing.T) {
		r, err := export.Check(strings.NewReader(text), first, last)
		if err != nil || r.Entries != 9 || r.Removed != 1 || r.Checkpoints != 2 || r.Vouched != 9 {
			t.Errorf("%+v, %v", r, err)
		}
	})

	for name, c := range map[string]struct {
		text string
		kind audit.FaultKind
	}{
		"a changed leaf":            {strings.Replace(text, `"client":"app-one"`, `"client":"app-two"`, 1), audit.Rewritten},
		"a changed detail":          {strings.Replace(text, `"digest":"digest-3"`, `"digest":"digest-4"`, 1), audit.Relabelled},
		"a changed number":          {strings.Replace(text, `"citizenSeq":3`, `"citizenSeq":4`, 1), audit.Relabelled},
		"a missing line":            {strings.Join(slices.Delete(slices.Clone(lines), 3, 4), ""), audit.Missing},
		"a missing end":             {strings.Join(lines[:7], ""), audit.Truncated},
		"two lines in another turn": {strings.Join([]string{lines[0], lines[2], lines[1]}, ""), audit.Missing},
		"a line twice":              {strings.Join(append(slices.Clone(lines[:3]), lines[2:]...), ""), audit.OutOfPlace},
		"a changed correlation":     {strings.Replace(text, `"id":"correlation-3"`, `"id":"correlation-4"`, 1), audit.Relabelled},
		"a leaf left out":           {strings.Replace(text, lines[8], `{"seq":7}`+"\n", 1), audit.Missing},
	} {
		t.Run(name+" is found", func(t *testing.T) {
			_, err := export.Check(strings.NewReader(c.text), first, last)
			var f *audit.Fault
			if !errors.As(err, &f) || f.Kind != c.kind {
				t.Errorf("%v instead of %s", err, c.kind)
			}
		})
	}

	for name, c := range map[string]struct {
		madeAt time.Time
		known  []audit.Checkpoint
		kind   audit.FaultKind
	}{
		"a log that was rolled back, with nothing else to compare": {audittest.Day(5), []audit.Checkpoint{{Size: 10, At: audittest.Day(4)}}, audit.Truncated},
		"a log that was rolled back, though others agree":          {audittest.Day(5), []audit.Checkpoint{first, last, {Size: 12, At: audittest.Day(4)}, {Size: 11, At: audittest.Day(6)}}, audit.Truncated},
		"an export that is older than the checkpoint":              {audittest.Day(5), []audit.Checkpoint{{Size: 10, At: audittest.Day(6)}}, audit.NotVouched},
		"an export of the checkpoint's own second":                 {audittest.Day(5), []audit.Checkpoint{first, {Size: 10, At: audittest.Day(5).Truncate(time.Second)}}, audit.NotVouched},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := export.Check(strings.NewReader(exported(t, l, export.Options{MadeAt: c.madeAt})), c.known...)
			var f *audit.Fault
			if !errors.As(err, &f) || f.Kind != c.kind || f.First != 9 {
				t.Errorf("%v instead of %s", err, c.kind)
			}
		})
	}

	t.Run("what is no export is called so", func(t *testing.T) {
		for _, bad := range []string{"", "{}\n", "x", lines[0] + "{\"seq\":0,", lines[0] + "{\"unknown\":0}\n", strings.Repeat("x", 2*(64<<10))} {
			if _, err := export.Check(strings.NewReader(bad)); !errors.Is(err, export.ErrNotExport) {
				t.Errorf("%.20q: %v", bad, err)
			}
		}
	})

	t.Run("entries appended meanwhile are left out", func(t *testing.T) {
		growing := &growingLog{Log: audittest.New(t, 3), t: t}
		r, err := export.Check(strings.NewReader(exported(t, growing, export.Options{})))
		if err != nil || r.Entries != 3 {
			t.Errorf("%+v, %v", r, err)
		}
	})
}

// growingLog grows whenever somebody reads it.
type growingLog struct {
	*audittest.Log
	t testing.TB
}

func (l *growingLog) Records(ctx context.Context, after int64, limit int) ([]audit.Record, error) {
	if len(l.Stored) < 6 {
		l.Add(l.t, audittest.Sample(len(l.Stored)))
	}
	return l.Log.Records(ctx, after, limit)
}

func TestFilteredExport(t *testing.T) {
	l := audittest.New(t, 12)
	known := l.Checkpoint(t)
	f := audit.Filter{Since: audittest.Sample(3).At, Until: audittest.Sample(6).At, List: audittest.List("PSEUDONYM")}
	text := exported(t, l, export.Options{Filter: f, Prove: true})

	t.Run("each entry proves itself under the checkpoint of the export's size", func(t *testing.T) {
		later := audit.Checkpoint{Size: 20, At: audittest.Day(9)} // of another day: it says nothing about this export
		r, err := export.Check(strings.NewReader(exported(t, l, export.Options{Filter: f, Prove: true, MadeAt: audittest.Day(5)})), known, later)
		if err != nil || r.Entries != 3 {
			t.Errorf("%+v, %v", r, err)
		}
	})

	for name, c := range map[string]struct {
		text  string
		known []audit.Checkpoint
		kind  audit.FaultKind
	}{
		"a changed leaf":         {strings.Replace(text, `"client":"app-one"`, `"client":"app-two"`, 1), []audit.Checkpoint{known}, audit.NotVouched},
		"a changed detail":       {strings.Replace(text, `"digest":"digest-4"`, `"digest":"digest-5"`, 1), []audit.Checkpoint{known}, audit.Relabelled},
		"an entry left out":      {strings.Join(slices.Delete(strings.SplitAfter(text, "\n"), 2, 3), ""), []audit.Checkpoint{known}, audit.Missing},
		"a changed place":        {strings.Replace(text, `{"seq":4,`, `{"seq":5,`, 1), []audit.Checkpoint{known}, audit.NotVouched},
		"no proofs":              {exported(t, l, export.Options{Filter: f}), []audit.Checkpoint{known}, audit.NotVouched},
		"no checkpoint":          {text, nil, audit.NotVouched},
		"a checkpoint before it": {text, []audit.Checkpoint{audittest.New(t, 11).Checkpoint(t)}, audit.NotVouched},
		"a log that was rolled back": {
			exported(t, l, export.Options{Filter: f, Prove: true, MadeAt: audittest.Day(5)}), []audit.Checkpoint{known, {Size: 20, At: audittest.Day(4)}}, audit.Truncated,
		},
		"an entry not asked for":    {strings.Replace(text, `"since":"2026-11-01T12:33`, `"since":"2026-11-01T12:34`, 1), []audit.Checkpoint{known}, audit.OutOfPlace},
		"a correlation that is not": {strings.Replace(text, `"id":"correlation-4"`, `"id":"correlation-9"`, 1), []audit.Checkpoint{known}, audit.Relabelled},
	} {
		t.Run(name+" is found", func(t *testing.T) {
			_, err := export.Check(strings.NewReader(c.text), c.known...)
			var fault *audit.Fault
			if !errors.As(err, &fault) || fault.Kind != c.kind {
				t.Errorf("%v instead of %s", err, c.kind)
			}
		})
	}
}

func TestCSVExport(t *testing.T) {
	l := audittest.New(t, 2)
	e := audittest.Sample(2)
	e.Reason = `=HYPERLINK("http://example.com")`
	e.Purpose = "line\nbreak, comma"
	l.Add(t, e)
	e.Reason, e.Purpose, e.Digest = "Siân asked; =cmd|x", "a\n=b", "-abc"
	l.Add(t, e)
	l.Stored[0].Opening = nil
	text, marked := strings.CutPrefix(exported(t, l, export.Options{Format: export.CSV}), "\ufeff")
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil || len(rows) != 5 || !marked || strings.Count(text, "\r\n") != strings.Count(text, "\n") {
		t.Fatalf("%q, %v", text, err)
	}
	column := map[string]int{}
	for i, name := range rows[0] {
		column[name] = i
	}
	is := func(row int, name, want string) {
		t.Helper()
		if got := rows[row][column[name]]; got != want {
			t.Errorf("row %d, %s: %q", row, name, got)
		}
	}
	is(1, "opening", "removed")
	is(1, "leaf_hash", l.Stored[0].Hashes[0].String())
	is(1, "kind", "data_released")
	is(4, "reason", "Siân asked; '=cmd|x")
	is(4, "purpose", "a\n'=b")
	is(4, "digest", "'-abc")
	is(3, "reason", `'=HYPERLINK("http://example.com")`)
	is(3, "purpose", "line\nbreak, comma")
	is(3, "correlation_id", "correlation-2")
	is(3, "citizen_seq", "3")
}

func TestFHIRExport(t *testing.T) {
	l := audittest.New(t, 1)
	l.Add(t, audit.Entry{Kind: audit.SignInRefused, Outcome: audit.Refused, Reason: "under_16", At: audittest.Day(2)})
	l.Add(t, audit.Entry{Kind: audit.ConsentGranted, Outcome: audit.Succeeded, At: audittest.Day(2), Actor: audit.ActorCitizen, Citizen: "PSEUDONYM", Client: "app-one", Consent: "c1", Scopes: []string{"timeline:read"}})
	lines := strings.Split(strings.TrimSpace(exported(t, l, export.Options{Format: export.FHIR})), "\n")
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
	if err := export.Write(t.Context(), audittest.New(t, 1), &bytes.Buffer{}, export.Options{Format: "pdf"}); !errors.Is(err, export.ErrUnknownFormat) {
		t.Error(err)
	}
}
