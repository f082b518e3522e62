package httpapi

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/patient-care-aggregator/aggregator/internal/problem"
)

func TestReadJSON(t *testing.T) {
	t.Parallel()
	const secret = "9990000018"
	read := func(kind, body string) error {
		c, _ := gin.CreateTestContext(httptest.NewRecorder())
		c.Request = httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
		c.Request.Header.Set("Content-Type", kind)
		return requestOf(c).JSON(&ConsentRequest{})
	}
	for name, c := range map[string]struct {
		kind, body string
		want       problem.Code
	}{
		"good":                      {"application/json", `{"clientId":"web","scopes":["timeline:read"],"noticeVersion":"1"}`, ""},
		"with a charset":            {"application/json; charset=utf-8", `{"clientId":"web"}`, ""},
		"with space around":         {"application/json", " \n{}\n ", ""},
		"no type":                   {"", `{}`, problem.BadRequest},
		"a form":                    {"application/x-www-form-urlencoded", `{}`, problem.BadRequest}, // what another site's form could send
		"text":                      {"text/plain", `{}`, problem.BadRequest},
		"nothing":                   {"application/json", "", problem.BadRequest},
		"no JSON":                   {"application/json", secret + "{", problem.BadRequest},
		"cut short":                 {"application/json", `{"clientId":"` + secret, problem.BadRequest},
		"an unknown member":         {"application/json", `{"clientId":"web","` + secret + `":1}`, problem.BadRequest},
		"another type":              {"application/json", `{"clientId":` + secret + `}`, problem.BadRequest},
		"a list":                    {"application/json", `[]`, problem.BadRequest},
		"two values":                {"application/json", `{}{}`, problem.BadRequest},
		"something after":           {"application/json", `{} ` + secret, problem.BadRequest},
		"too deep":                  {"application/json", strings.Repeat(`[`, 20_000), problem.BadRequest},
		"too large":                 {"application/json", `{"clientId":"` + strings.Repeat("x", maxBody) + `"}`, problem.PayloadTooLarge},
		"too large by what follows": {"application/json", `{}` + strings.Repeat(" ", maxBody), problem.PayloadTooLarge},
	} {
		err := read(c.kind, c.body)
		if c.want == "" {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		p := problem.From(err)
		if err == nil || p.Code() != c.want {
			t.Errorf("%s: %v, want %s", name, err, c.want)
			continue
		}
		if strings.Contains(p.Error()+p.Detail(), secret) {
			t.Errorf("%s: repeats what was sent: %v %s", name, err, p.Detail())
		}
	}
}
