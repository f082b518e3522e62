package release

import "testing"

func TestNoGroupingHidesANumber(t *testing.T) {
	t.Parallel()
	const number = "9990000018"
	for text, want := range map[string]bool{
		"9990000018": true, `{"a":"9990000018"}`: true, "999 000 0018": true, "999-000-0018": true, "9990 0000 18": true, "99 90 00 00 18": true,
		"999\u00a0000\u00a00018": true, "999\u2009000\u20090018": true, "999\u2013000\u20130018": true, "999.000.0018": true, "x009990000018y": true,
		"９９９００００018": true, "٩٩٩٠٠٠٠٠١٨": true, "999 - 000 0018": false, "tel:9990000018,": true,
		"9990000019": false, "999000001": false, "999a0000018": false, "999,000,0018": false, "": false, "2026-03-02T10:00:00": false,
		"999 000 0017 999 000 0018": true,
	} {
		if got := holdsNumber([]byte(text), number); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
	if holdsNumber([]byte("anything"), "") {
		t.Error("no number is found")
	}
}
