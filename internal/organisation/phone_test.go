package organisation_test

import (
	"fmt"
	"net/http"
	"testing"
)

// A wrong number is worse than none.
func TestThePhoneThatIsInUse(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ telecom, want string }{
		"one":                       {`{"system":"phone","value":"01632 960001"}`, "01632 960001"},
		"an address of it":          {`{"system":"phone","value":"tel:+441632960001"}`, "+441632960001"},
		"an old one first":          {`{"system":"phone","use":"old","value":"01632 960111"},{"system":"phone","use":"work","value":"01632 960001"}`, "01632 960001"},
		"only an old one":           {`{"system":"phone","use":"old","value":"01632 960111"}`, ""},
		"one that has ended":        {`{"system":"phone","period":{"end":"2019-01-31"},"value":"01632 960111"},{"system":"phone","value":"01632 960001"}`, "01632 960001"},
		"one that has not begun":    {`{"system":"phone","period":{"start":"2099-01-01"},"value":"01632 960111"}`, ""},
		"one that ends later":       {`{"system":"phone","period":{"start":"2001","end":"2099-01-01"},"value":"01632 960001"}`, "01632 960001"},
		"one that nobody can dial":  {`{"system":"phone","value":"01632 960111 ext 4411"},{"system":"phone","value":"01632 960001"}`, "01632 960001"},
		"ranked before unranked":    {`{"system":"phone","value":"01632 960111"},{"system":"phone","rank":2,"value":"01632 960001"}`, "01632 960001"},
		"the first rank":            {`{"system":"phone","rank":3,"value":"01632 960111"},{"system":"phone","rank":1,"value":"01632 960001"}`, "01632 960001"},
		"a fax":                     {`{"system":"fax","value":"01632 960111"}`, ""},
		"an email and then a phone": {`{"system":"email","value":"a@example.org"},{"system":"phone","value":"01632 960001"}`, "01632 960001"},
	} {
		text := fmt.Sprintf(`{"resourceType":"Organization","id":"RXX","name":"A HOSPITAL","telecom":[%s]}`, c.telecom)
		_, d := newDirectory(t, always(http.StatusOK, text, nil))
		if got := d.Find(t.Context(), []string{"RXX"}, "")["RXX"].Phone; got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
