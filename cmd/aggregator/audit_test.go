//go:build !production

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/local"
	"github.com/patient-care-aggregator/aggregator/internal/subject/subjecttest"
	"github.com/patient-care-aggregator/aggregator/tests/harness"
)

// bella is a made-up citizen of the sandbox.
const bella = "9990000018"

// deployment is a service that citizens used, with the flags that find its parts.
type deployment struct {
	*harness.Service

	t                        *testing.T
	dir                      string
	database, ring, pub, own string // flags
}

func newDeployment(t *testing.T) *deployment {
	t.Helper()
	// Commands run by the machine's clock, and so must the service.
	s := harness.Start(t, func(o *local.Options) { o.Now = time.Now })
	db := filepath.Join(s.DataDir, "aggregator.db")
	d := &deployment{
		Service: s, t: t, dir: s.DataDir, database: "--database=sqlite:" + db, ring: "--secret-key-file=" + filepath.Join(s.DataDir, "key-ring.key"),
		pub: db + ".checkpoint-key.pub", own: db + ".checkpoints",
	}
	d.visit("bella")
	return d
}

// visit has a citizen sign in, consent and look at the timeline.
func (d *deployment) visit(name string) *harness.Browser {
	d.t.Helper()
	b := d.Consented(name)
	harness.Answered(d.t, b.Get("/v1/timeline"), http.StatusOK)
	return b
}

func (d *deployment) file(name, text string) string {
	d.t.Helper()
	path := filepath.Join(d.dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		d.t.Fatal(err)
	}
	return path
}

// command runs the program and returns what it wrote and its exit code.
func command(t *testing.T, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	var out, errs bytes.Buffer
	code = run(t.Context(), args, nil, &out, &errs)
	return out.String(), errs.String(), code
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func succeeds(t *testing.T, args ...string) string {
	t.Helper()
	out, errs, code := command(t, args...)
	if code != exitOK {
		t.Fatalf("%v: exit %d: %s", args, code, errs)
	}
	return out
}

func says(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("it does not say %q:\n%s", part, text)
		}
	}
}

func TestAuditCommands(t *testing.T) {
	t.Parallel()
	d := newDeployment(t)

	t.Run("verify while the service runs says what it proves and what not", func(t *testing.T) {
		says(t, succeeds(t, "audit", "verify", d.database), "The log is whole", "This does not prove", "stored consent events")
	})
	t.Run("a checkpoint kept by an auditor vouches for the log", func(t *testing.T) {
		note := d.file("kept.txt", succeeds(t, "audit", "checkpoint", d.database))
		d.visit("sunny")
		says(t, succeeds(t, "audit", "verify", d.database, "--from-checkpoint="+note), "signed checkpoints agree")
	})
	t.Run("a checkpoint of another log is refused", func(t *testing.T) {
		other := d.file("other.txt", "another/audit\n1\nAAAA\n\n— another/audit AAAA\n")
		if _, _, code := command(t, "audit", "verify", d.database, "--from-checkpoint="+other); code != exitFailed {
			t.Errorf("exit %d", code)
		}
	})
	t.Run("an export is proved away from the database", func(t *testing.T) {
		for _, flags := range [][]string{nil, {"--prove"}, {"--kind=data_released", "--prove"}, {"--client=web", "--outcome=success", "--prove"}} {
			export := d.file("export.ndjson", succeeds(t, append([]string{"audit", "export", d.database}, flags...)...))
			out := succeeds(t, "audit", "check", export, "--checkpoints="+d.own, "--public-key="+d.pub)
			says(t, out, "This does not prove")
			if len(flags) > 1 {
				says(t, out, "cannot be proved that nothing is missing")
			}
		}
	})
	t.Run("whatever is changed in an export is found", func(t *testing.T) {
		whole := succeeds(t, "audit", "export", d.database)
		filtered := succeeds(t, "audit", "export", d.database, "--kind=data_released", "--prove")
		lines := strings.SplitAfter(whole, "\n")
		for name, spoilt := range map[string]string{
			"a word":             strings.Replace(whole, `"data_released"`, `"data_refused"`, 1),
			"a word, filtered":   strings.Replace(filtered, `"timeline"`, `"referrals"`, 1),
			"a line taken out":   strings.Join(append(append([]string{}, lines[:3]...), lines[4:]...), ""),
			"two lines changed":  strings.Join(append([]string{lines[0], lines[2], lines[1]}, lines[3:]...), ""),
			"the end cut off":    strings.Join(lines[:len(lines)-3], ""),
			"the header's root":  strings.Replace(whole, `"root":"`, `"root":"A`, 1),
			"a correlation":      strings.Replace(whole, `"correlation":{"salt":"`, `"correlation":{"salt":"AA`, 1),
			"filter made wider":  strings.Replace(filtered, `"kinds":["data_released"]`, `"kinds":["sign_in"]`, 1),
			"not an export":      "hello\n",
			"an empty file":      "",
			"whole made not so ": strings.Replace(whole, `"whole":true`, `"whole":false`, 1),
		} {
			if spoilt == whole || spoilt == filtered {
				t.Fatalf("%s: nothing was changed", name)
			}
			path := d.file("spoilt.ndjson", spoilt)
			if out, errs, code := command(t, "audit", "check", path, "--checkpoints="+d.own, "--public-key="+d.pub); code == exitOK {
				t.Errorf("%s: not found: %s %s", name, out, errs)
			}
		}
	})
	t.Run("the tools do not pass what they could not compare", func(t *testing.T) {
		early := d.file("early.ndjson", succeeds(t, "audit", "export", d.database))
		d.visit("dora")
		late := d.file("late.txt", succeeds(t, "audit", "checkpoint", d.database)) // a note as it is
		foreign := d.file("foreign.txt", read(t, late)+"\nother\n1\nAAAA\n\n\u2014 other AAAA\n")
		twice := d.file("twice.txt", read(t, late)+"{\n{\n")
		for name, c := range map[string]struct {
			args []string
			says string
		}{
			"an export that does not reach the checkpoint": {[]string{"check", early, "--checkpoints=" + late, "--public-key=" + d.pub}, "not_vouched"},
			"a note of another key":                        {[]string{"check", early, "--checkpoints=" + foreign, "--public-key=" + d.pub}, "not signed with that key"},
			"two notes that are not whole":                 {[]string{"check", early, "--checkpoints=" + twice, "--public-key=" + d.pub}, "not whole"},
			"a note of another key, at the database":       {[]string{"verify", d.database, "--from-checkpoint=" + foreign}, "not signed with that key"},
			"a sink that is not there":                     {[]string{"verify", d.database, "--sink=" + late + ".gone"}, "read checkpoints"},
		} {
			if out, errs, code := command(t, append([]string{"audit"}, c.args...)...); code != exitFailed || !strings.Contains(errs, c.says) {
				t.Errorf("%s: exit %d, %s%s", name, code, out, errs)
			}
		}
		alone := d.file("alone.db", read(t, strings.TrimPrefix(d.database, "--database=sqlite:")))
		d.file("alone.db-wal", read(t, strings.TrimPrefix(d.database, "--database=sqlite:")+"-wal"))
		if out, errs, code := command(t, "audit", "verify", "--database=sqlite:"+alone); code != exitFailed || !strings.Contains(errs, "no checkpoint was compared") {
			t.Errorf("without any checkpoint: exit %d, %s%s", code, out, errs)
		}
	})
	t.Run("proofs that were fetched over HTTP are checked", func(t *testing.T) {
		b := d.Auditor("ada")
		size := func(a local.Answer) int64 {
			return harness.Read[struct{ Size int64 }](t, a.Body).Size
		}
		older, newer := b.Get("/audit/v1/checkpoint"), b.Get("/audit/v1/checkpoint")
		kept := d.file("kept.ndjson", string(older.Body)+string(newer.Body))
		consistency := b.Get(fmt.Sprintf("/audit/v1/consistency?from=%d&to=%d", size(older), size(newer)))
		proof := b.Get(fmt.Sprintf("/audit/v1/proof?seq=1&size=%d", size(older)))
		for name, c := range map[string]struct {
			text, checkpoints string
			code              int
			says              string
		}{
			"a later log continues an earlier one":    {string(consistency.Body), kept, exitOK, "continues the signed log"},
			"an entry is in the log":                  {string(proof.Body), kept, exitOK, "Entry 1 of the signed log"},
			"another log does not":                    {strings.Replace(string(consistency.Body), `"hashes":["`, `"hashes":["A`, 1), kept, exitFailed, ""},
			"another entry is not":                    {strings.Replace(string(proof.Body), `"seq":1`, `"seq":0`, 1), kept, exitFailed, "does not hold"},
			"without the checkpoints nothing is said": {string(consistency.Body), d.file("half.ndjson", string(older.Body)), exitFailed, "no checkpoint of"},
		} {
			out, errs, code := command(t, "audit", "check", d.file("proof.json", c.text), "--checkpoints="+c.checkpoints, "--public-key="+d.pub)
			if code != c.code && (c.code == exitOK || code == exitOK) || !strings.Contains(out+errs, c.says) {
				t.Errorf("%s: exit %d, %s%s", name, code, out, errs)
			}
		}
	})
	t.Run("an export without signing is checked with the checkpoints that there are", func(t *testing.T) {
		before := read(t, d.own)
		export := succeeds(t, "audit", "export", "--unsigned", d.database)
		says(t, export, `"unsigned":true`)
		if read(t, d.own) != before {
			t.Error("a checkpoint was published")
		}
		says(t, succeeds(t, "audit", "check", d.file("unsigned.ndjson", export), "--checkpoints="+d.own, "--public-key="+d.pub), "entries came after the last checkpoint")
	})
	t.Run("one entry is proved by itself", func(t *testing.T) {
		path := d.file("one.ndjson", succeeds(t, "audit", "prove", "2", d.database))
		says(t, succeeds(t, "audit", "check", path, "--checkpoints="+d.own, "--public-key="+d.pub), "Each of the 1 entries")
		if _, _, code := command(t, "audit", "prove", "1000000", d.database); code != exitFailed {
			t.Errorf("an entry that is not there: exit %d", code)
		}
	})
	t.Run("csv and fhir have an entry a line and no number of anybody", func(t *testing.T) {
		for _, format := range []string{"csv", "fhir"} {
			out := succeeds(t, "audit", "export", d.database, "--format="+format)
			says(t, out, "data_released")
			if strings.Contains(out, bella) {
				t.Errorf("%s holds an NHS number", format)
			}
		}
	})
	t.Run("the export of one citizen has no other citizen", func(t *testing.T) {
		number := d.file("number.txt", "999 000 0018\n")
		out := succeeds(t, "audit", "export", d.database, d.ring, "--subject-nhs-number-file="+number)
		var refs []string
		for _, line := range strings.Split(strings.TrimSpace(out), "\n")[1:] {
			var l struct{ Opening struct{ List string } }
			if err := json.Unmarshal([]byte(line), &l); err != nil {
				t.Fatal(err)
			}
			refs = append(refs, l.Opening.List)
		}
		for _, ref := range refs {
			if ref == "" || ref != refs[0] {
				t.Errorf("entries of %q", refs)
			}
		}
		if len(refs) < 4 {
			t.Errorf("only %d entries", len(refs))
		}
	})
	t.Run("the public key is printed", func(t *testing.T) {
		want, err := os.ReadFile(d.pub)
		if err != nil {
			t.Fatal(err)
		}
		if got := succeeds(t, "audit", "public-key", d.database); got != string(want) {
			t.Errorf("printed %q", got)
		}
	})
	t.Run("retention finds nothing that is old enough", func(t *testing.T) {
		says(t, succeeds(t, "audit", "retention", d.database), "0 correlation ids older than 90d", "0 ended consents older than 8y", "nothing is proposed")
		for want, args := range map[int][]string{
			exitUsage:  {"--approve=none"},
			exitFailed: {"--approve=none", "--operator=Ada", "--approved-by=Grace"},
		} {
			if out, errs, code := command(t, append([]string{"audit", "retention", d.database}, args...)...); code != want {
				t.Errorf("%q: exit %d, %s%s", args, code, out, errs)
			}
		}
	})
	t.Run("wrong arguments are reported before anything is done", func(t *testing.T) {
		for _, args := range [][]string{
			{"audit", "export", d.database, "--kind=data_relased"},
			{"audit", "export", d.database, "--since=yesterday"},
			{"audit", "export", d.database, "--outcome=maybe"},
			{"audit", "verify", "--database=postgres://x"},
		} {
			if _, _, code := command(t, args...); code != exitUsage {
				t.Errorf("%v: exit %d", args, code)
			}
		}
	})
}

func TestSubjectCommands(t *testing.T) {
	t.Parallel()
	d := newDeployment(t)
	number := d.file("number.txt", bella+"\n")
	unknown := d.file("unknown.txt", "9990000026\n")
	about := []string{d.database, d.ring, "--nhs-number-file=" + number}
	with := func(verb string, more ...string) []string {
		return append(append([]string{"subject", verb}, about...), more...)
	}

	t.Run("an export has everything that is held, without the number", func(t *testing.T) {
		out := succeeds(t, with("export", "--reason=other", "--note=request 12 by letter", "--operator=Ada Lovelace")...)
		says(t, out, `"kind":"subject"`, `"kind":"session"`, `"kind":"consentEvent"`, `"kind":"logEntry"`, `"purpose":"subject-access"`, `"ground":"other"`)
		if strings.Contains(out, bella) || strings.Contains(out, "Lovelace") || strings.Contains(out, "request 12") {
			t.Error("it holds the NHS number, or words of the staff")
		}
	})
	t.Run("a reason that could name a person by number is refused by every command that takes one", func(t *testing.T) {
		for _, c := range subjecttest.Reasons() {
			for verb, more := range map[string][]string{"export": nil, "erase": {"--approved-by=Grace Hopper"}, "hold": nil} {
				if c.Want != "" {
					continue
				}
				_, errs, code := command(t, with(verb, append(more, "--reason=other", "--note="+c.Text, "--operator=Ada Lovelace")...)...)
				if code != exitUsage || strings.Contains(errs, "999") || !strings.Contains(errs, "note must") {
					t.Errorf("%s with %s: exit %d, %s", verb, c.Name, code, errs)
				}
			}
		}
		if _, _, code := command(t, with("export")...); code != exitUsage {
			t.Errorf("without a reason: exit %d", code)
		}
	})
	t.Run("an unknown citizen is reported, and the question is logged", func(t *testing.T) {
		_, errs, code := command(t, "subject", "export", d.database, d.ring, "--nhs-number-file="+unknown, "--reason=other", "--note=request 13", "--operator=Ada Lovelace")
		if code != exitFailed {
			t.Errorf("exit %d", code)
		}
		says(t, errs, "no citizen with this NHS number is known")
		says(t, succeeds(t, "audit", "export", d.database, "--kind=subject_access"), `"reason":"no_subject"`)
	})
	t.Run("a hold refuses erasure until it is lifted, and its reason is in no error", func(t *testing.T) {
		placed := succeeds(t, with("hold", "--reason=other", "--note=inquest", "--operator=Ada Lovelace")...)
		_, errs, code := command(t, with("erase", "--reason=other", "--note=request 14", "--operator=Ada Lovelace", "--approved-by=Grace Hopper")...)
		if code != exitFailed {
			t.Errorf("exit %d", code)
		}
		says(t, errs, "under hold", "subject holds")
		if strings.Contains(errs, "inquest") {
			t.Errorf("the error repeats the reason: %s", errs)
		}
		id := strings.Fields(placed)[1]
		says(t, succeeds(t, "subject", "holds", d.database), id, "inquest", "in force")
		if _, _, code := command(t, "subject", "lift", id, d.database); code != exitUsage {
			t.Errorf("lifted without a reason: exit %d", code)
		}
		succeeds(t, "subject", "lift", id, d.database, "--reason=other", "--note=verdict of May", "--operator=Ada Lovelace", "--approved-by=Grace Hopper")
		says(t, succeeds(t, "subject", "holds", d.database), id, "lifted", "verdict of May")
		says(t, succeeds(t, "audit", "export", d.database, "--kind=erasure"), `"outcome":"refused"`, `"reason":"held"`)
	})
	t.Run("a citizen is signed out everywhere", func(t *testing.T) {
		j := d.visitAgain("bella")
		says(t, succeeds(t, with("sign-out", "--reason=other", "--note=phone lost", "--operator=Ada Lovelace")...), "Ended ")
		if a, err := j.Do(t.Context(), "GET", "/v1/timeline", nil); err != nil || a.Status != 401 {
			t.Errorf("status %d, %v", a.Status, err)
		}
		says(t, succeeds(t, "subject", "sign-out", "--everyone", d.database, "--reason=other", "--note=key was seen", "--operator=Ada Lovelace"), "Ended 0 sessions")
		says(t, succeeds(t, "audit", "export", d.database, "--kind=sign_out"), `"ground":"other"`, `"text":"by Ada Lovelace (user `, `"actor":"operator"`)
	})
	t.Run("an erased citizen is signed out, is not found, and the log still verifies", func(t *testing.T) {
		j := d.visitAgain("bella")
		says(t, succeeds(t, with("erase", "--reason=other", "--note=request 15", "--operator=Ada Lovelace", "--approved-by=Grace Hopper")...), "Erased")
		for deadline := time.Now().Add(10 * time.Second); ; { // the service looks for foreign writes now and then
			a, err := j.Do(t.Context(), http.MethodGet, "/v1/access-log", nil)
			if err != nil {
				t.Fatal(err)
			}
			if a.Status == http.StatusUnauthorized {
				break
			}
			if time.Now().After(deadline) {
				t.Fatalf("still signed in: %d", a.Status)
			}
		}
		if _, _, code := command(t, with("export", "--reason=other", "--note=request 16", "--operator=Ada Lovelace")...); code != exitFailed {
			t.Errorf("exit %d", code)
		}
		says(t, succeeds(t, "audit", "verify", d.database), "The log is whole")
	})
}

// visitAgain signs a citizen in who consented before.
func (d *deployment) visitAgain(name string) *harness.Browser {
	d.t.Helper()
	b := d.SignedIn(name)
	harness.Answered(d.t, b.Get("/v1/timeline"), http.StatusOK)
	return b
}
