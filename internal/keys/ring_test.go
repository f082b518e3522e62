package keys_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/patient-care-aggregator/aggregator/internal/keys"
)

func ring(t *testing.T, text string) *keys.Ring {
	t.Helper()
	r, err := keys.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestRing(t *testing.T) {
	first, second := keys.Generate("2025"), keys.Generate("2026")

	t.Run("rotation loses nothing that the old key sealed or hashed", func(t *testing.T) {
		before, after := ring(t, first), ring(t, second+first)
		sealed := before.Seal("subject", []byte("a secret"), []byte("ref"))
		plain, err := after.Open("subject", sealed, []byte("ref"))
		if err != nil || string(plain) != "a secret" {
			t.Fatalf("got %q, %v", plain, err)
		}
		stored := before.MACs("lookup", []byte("x"))[0]
		if found := after.MACs("lookup", []byte("x")); found[1] != stored || found[0].KeyID != "2026" {
			t.Fatal("the old hash is not among the look-ups, or the active key is not first")
		}
	})
	t.Run("a value opens only for its purpose, its row and its ring", func(t *testing.T) {
		r := ring(t, first)
		sealed := r.Seal("subject", []byte("a secret"), []byte("ref"))
		changed := bytes.Clone(sealed)
		changed[len(changed)-1] ^= 1
		for name, open := range map[string]func() ([]byte, error){
			"another purpose": func() ([]byte, error) { return r.Open("session", sealed, []byte("ref")) },
			"another row":     func() ([]byte, error) { return r.Open("subject", sealed, []byte("other")) },
			"another ring":    func() ([]byte, error) { return ring(t, second).Open("subject", sealed, []byte("ref")) },
			"changed":         func() ([]byte, error) { return r.Open("subject", changed, []byte("ref")) },
			"empty":           func() ([]byte, error) { return r.Open("subject", nil, []byte("ref")) },
			"cut short":       func() ([]byte, error) { return r.Open("subject", sealed[:3], []byte("ref")) },
		} {
			if _, err := open(); !errors.Is(err, keys.ErrNotOpened) {
				t.Errorf("%s: got %v", name, err)
			}
		}
	})
	t.Run("one bare base64 line is a ring of one", func(t *testing.T) {
		_, encoded, _ := strings.Cut(first, ":")
		if id := ring(t, "# our key\n\n"+encoded).ActiveID(); id != "1" {
			t.Fatalf("id %q", id)
		}
	})
	t.Run("a faulty ring is refused by line without repeating it", func(t *testing.T) {
		for _, text := range []string{"", "a:c2hvcnQ=", "sekret!:xxxx", first + first, "a b:" + first} {
			_, err := keys.Parse([]byte(text))
			if err == nil {
				t.Errorf("accepted %q", text)
			} else if strings.Contains(err.Error(), "c2hvcnQ") || strings.Contains(err.Error(), "sekret") {
				t.Errorf("the error repeats the key: %v", err)
			}
		}
	})
}

func TestSecretNeverPrints(t *testing.T) {
	s := keys.NewSecret("hunter2")
	var out bytes.Buffer
	fmt.Fprintf(&out, "%v %+v %#v %s %q %d %x %v %+v", s, s, s, s, s, s, s, struct{ hidden keys.Secret }{s}, &struct{ hidden keys.Secret }{s})
	slog.New(slog.NewJSONHandler(&out, nil)).Info("x", slog.Any("secret", s), slog.Any("in", struct{ S keys.Secret }{s}))
	if err := json.NewEncoder(&out).Encode(map[string]any{"s": s, "p": &s}); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(out.String(), "hunter2") || strings.Contains(out.String(), "68756e74") {
		t.Fatal(out.String())
	}
}
