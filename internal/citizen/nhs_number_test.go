package citizen_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/patient-care-aggregator/aggregator/internal/citizen"
)

const number = "9990000018"

func parse(t testing.TB, text string) citizen.NHSNumber {
	t.Helper()
	n, err := citizen.ParseNHSNumber(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestParseNHSNumber(t *testing.T) {
	for _, text := range []string{"9990000018", "9990000026", "9990000050", "9991234659"} {
		if got := parse(t, text).Reveal(); got != text {
			t.Errorf("%s is read as %s", text, got)
		}
	}
	for _, text := range []string{
		"", "999000001", "99900000180", "9990000019", "999 000 0018", "999-000-0018", " 9990000018", "9990000018\n", "999000001x", "９９９0000018", "٩٩٩٠٠٠٠٠١٨", "-990000018", "+990000018",
		"9990000140", // its check digit would be 10, which is never issued
		// What stands for "none", with a check digit that is right or not.
		"0000000000", "1111111111", "2222222222", "3333333333", "4444444444", "5555555555", "6666666666", "7777777777", "8888888888", "9999999999",
	} {
		if _, err := citizen.ParseNHSNumber(text); !errors.Is(err, citizen.ErrNotNHSNumber) {
			t.Errorf("%q: %v", text, err)
		} else if text != "" && strings.Contains(err.Error(), text) {
			t.Errorf("the error repeats %q", text)
		}
	}
	t.Run("one wrong digit, or two neighbours swapped, are always found", func(t *testing.T) {
		rapid.Check(t, func(rt *rapid.T) {
			digits := []byte(rapid.SampledFrom([]string{"9990000018", "9990000107", "9991234578", "9991234659", "9990000190"}).Draw(rt, "number"))
			parse(t, string(digits))
			i := rapid.IntRange(0, 8).Draw(rt, "i")
			wrong := append([]byte{}, digits...)
			if rapid.Bool().Draw(rt, "swap") && wrong[i] != wrong[i+1] {
				wrong[i], wrong[i+1] = wrong[i+1], wrong[i]
			} else {
				wrong[i] = '0' + (wrong[i]-'0'+rapid.ByteRange(1, 9).Draw(rt, "by"))%10
			}
			if _, err := citizen.ParseNHSNumber(string(wrong)); err == nil {
				rt.Fatalf("%s is taken for %s", wrong, digits)
			}
		})
	})
}

// holder has it in a field that fmt cannot call methods of.
type holder struct {
	hidden citizen.NHSNumber
	who    citizen.Citizen
}

func TestNHSNumberNeverPrints(t *testing.T) {
	n := parse(t, number)
	who := citizen.New("ref", n, [32]byte{201, 202, 203})
	h := holder{n, who}
	var out strings.Builder
	for _, v := range []any{n, &n, who, &who, h, &h, []any{n, who}, map[string]any{"k": n}, map[citizen.NHSNumber]int{n: 1}, struct{ N *citizen.NHSNumber }{&n}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x", "%X", "%t", "%p", "%w"} {
			fmt.Fprintf(&out, verb+"\n", v)
		}
		slog.New(slog.NewJSONHandler(&out, nil)).Info("m", slog.Any("v", v))
		slog.New(slog.NewTextHandler(&out, nil)).Info("m", slog.Any("v", v))
		if text, err := json.Marshal(v); err == nil {
			out.Write(text)
		}
	}
	for _, secret := range []string{number, "99900000", "39393930", "201 202 203", "201, 202", "0xc9, 0xca", "c9cacb", "C9CACB"} {
		if at := strings.Index(out.String(), secret); at >= 0 {
			t.Errorf("prints %q: …%s…", secret, out.String()[max(0, at-80):at+40])
		}
	}
}

func TestNHSNumbersCompare(t *testing.T) {
	one, same, other := parse(t, number), parse(t, strings.Clone(number)), parse(t, "9990000026")
	if one != same || one == other || !(citizen.NHSNumber{}).IsZero() || one.IsZero() || (citizen.NHSNumber{}).Reveal() != "" {
		t.Error("equal numbers differ, or different ones do not")
	}
}
