//go:build !production

package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/patient-care-aggregator/aggregator/tests/harness"
)

// TestQuestionsAboutEntries are those that only operators with the key ring can answer.
func TestQuestionsAboutEntries(t *testing.T) {
	d := newDeployment(t)
	t.Run("an answer that was kept is compared with what was released", func(t *testing.T) {
		b := d.visit("sunny")
		answer := b.Get("/v1/timeline").Body
		var pretty bytes.Buffer
		if err := json.Indent(&pretty, answer, "", "  "); err != nil {
			t.Fatal(err)
		}
		number, other := d.file("sunny.txt", d.Number("sunny")), d.file("bella.txt", d.Number("bella"))
		out := succeeds(t, "audit", "export", d.database, d.ring, "--nhs-number-file="+number, "--kind=data_released", "--format=csv")
		rows := strings.Split(strings.TrimSpace(out), "\n")
		entry, _, _ := strings.Cut(rows[len(rows)-1], ",")
		match := func(text, number string) (string, string, int) {
			return command(t, "audit", "match", "--entry="+entry, d.file("answer.json", text), d.database, d.ring, "--nhs-number-file="+number, "--reason=other", "--note=complaint seven", "--operator=Ada Lovelace")
		}
		for _, same := range []string{string(answer), pretty.String(), strings.Replace(string(answer), `"asOf":"2`, `"asOf":"3`, 1)} {
			if out, errs, code := match(same, number); code != 0 || !strings.Contains(out, "released at") {
				t.Errorf("%d, %s", code, errs)
			}
		}
		for _, c := range []struct{ text, number, says string }{
			{strings.Replace(string(answer), "true", "false", 1), number, "not what the entry released"},
			{"{}", number, "not what the entry released"},
			{"", number, "not what the entry released"},
			{string(answer), other, "somebody else"},
			{string(answer), d.file("erased.txt", d.Number("lily")), "cannot be told"},
		} {
			if _, errs, code := match(c.text, c.number); code != exitFailed || !strings.Contains(errs, c.says) {
				t.Errorf("%d, %q instead of %q", code, errs, c.says)
			}
		}
		says(t, string(b.Get("/v1/access-log").Body), `"auditor_read"`)
	})
	t.Run("who an auditor is can be asked, and that is logged", func(t *testing.T) {
		b := d.Auditor("ada")
		pseudonym := harness.Read[struct{ Account string }](t, b.Get("/audit/session").Body).Account
		says(t, succeeds(t, "audit", "who", pseudonym, d.database, d.ring, "--reason=other", "--note=complaint seven", "--operator=Ada Lovelace"), "issuer\thttp", "subject\t")
		if out, errs, code := command(t, "audit", "who", "staff:nobody", d.database, d.ring, "--reason=other", "--note=complaint seven", "--operator=Ada Lovelace"); code != exitFailed || out != "" {
			t.Errorf("nobody: %d, %s, %s", code, out, errs)
		}
		asked := succeeds(t, "audit", "export", d.database, "--kind=auditor_read", "--format=csv")
		says(t, asked, pseudonym, "staff:nobody", "complaint seven", "operator")
	})
	t.Run("auditors are signed out while the service runs, and that is logged", func(t *testing.T) {
		b := d.Auditor("ada")
		if _, _, code := command(t, "subject", "sign-out", "--staff", "--everyone", d.database, "--reason=security", "--operator=Ada Lovelace"); code != exitUsage {
			t.Errorf("both: exit %d", code)
		}
		harness.Answered(t, b.Get("/audit/session"), http.StatusOK)
		says(t, succeeds(t, "subject", "sign-out", "--staff", d.database, "--reason=security", "--note=laptop stolen", "--operator=Ada Lovelace"), "all members of staff")
		harness.Refused(t, b.Get("/audit/session"), http.StatusUnauthorized, "staff_sign_in_required")
		if at := b.Get("/audit/login").Header.Get("Location"); !strings.Contains(at, "prompt=login") {
			t.Errorf("nobody is asked who they are: %s", at)
		}
		says(t, succeeds(t, "audit", "export", d.database, "--kind=sign_out", "--format=csv"), "security", "laptop stolen", "operator")
	})
}
