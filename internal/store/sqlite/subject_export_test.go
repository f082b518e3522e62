package sqlite

import (
	"bytes"
	"encoding/json"
	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"slices"
	"strings"
	"testing"

	"github.com/patient-care-aggregator/aggregator/internal/consent"
	"github.com/patient-care-aggregator/aggregator/internal/session"
)

func TestSubjectExport(t *testing.T) {
	db := openNew(t)
	if _, err := db.Subjects().AddSubject(t.Context(), subjectOf("PSEUDONYM", "sealed-secret")); err != nil {
		t.Fatal(err)
	}
	record := session.Record{Citizen: "PSEUDONYM", Sealed: []byte("sealed-secret"), CreatedAt: at(0), SeenAt: at(0), ExpiresAt: at(9)}
	if err := db.Sessions().AddSession(t.Context(), record, sample(0)); err != nil {
		t.Fatal(err)
	}
	event := consent.Event{Seq: 1, ID: "c1", Kind: consent.Granted, Citizen: "PSEUDONYM", Client: "app-one", At: at(0)}
	if err := db.Consents().Record(t.Context(), 0, event, sample(1)); err != nil {
		t.Fatal(err)
	}
	other := sample(2)
	other.Citizen = "SOMEBODYELSE"
	if _, err := db.Log().Append(t.Context(), audit.Guard{}, other); err != nil {
		t.Fatal(err)
	}

	kinds := func(t *testing.T) (out []string) {
		t.Helper()
		var b bytes.Buffer
		if err := db.Subjects().Export(t.Context(), "PSEUDONYM", &b); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(b.String(), "secret") || strings.Contains(b.String(), "SOMEBODYELSE") {
			t.Errorf("it holds what it must not: %s", b.String())
		}
		for line := range strings.Lines(b.String()) {
			var l struct{ Kind string }
			if err := json.Unmarshal([]byte(line), &l); err != nil {
				t.Fatal(err)
			}
			out = append(out, l.Kind)
		}
		return out
	}

	t.Run("tells everything that is kept, and of nobody else", func(t *testing.T) {
		if got := kinds(t); !slices.Equal(got, []string{"subject", "session", "consentEvent", "logEntry", "logEntry"}) {
			t.Error(got)
		}
	})

	t.Run("after erasure tells what still stands under the pseudonym", func(t *testing.T) {
		if err := db.Subjects().EraseSubject(t.Context(), "PSEUDONYM"); err != nil {
			t.Fatal(err)
		}
		if got := kinds(t); !slices.Equal(got, []string{"consentEvent", "logEntry", "logEntry"}) {
			t.Error(got)
		}
	})

	t.Run("forgets no table: each that names a citizen is known to it", func(t *testing.T) {
		rows, err := db.read.QueryContext(t.Context(), `SELECT m.name FROM sqlite_schema AS m, pragma_table_xinfo(m.name) AS c
			WHERE m.type = 'table' AND c.name IN ('citizen', 'ref') ORDER BY m.name`)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = rows.Close() }()
		var tables []string
		for rows.Next() {
			var name string
			if err := rows.Scan(&name); err != nil {
				t.Fatal(err)
			}
			tables = append(tables, name)
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		// Left out on purpose: log_holds, which are not the person's data, and the
		// sealed histories, which internal/history exports, for it has the key.
		if want := []string{"consent_events", "histories", "history_rows", "log_entries", "log_holds", "sessions", "subjects"}; !slices.Equal(tables, want) {
			t.Errorf("tables %v", tables)
		}
	})
}
