package organisation

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/patient-care-aggregator/aggregator/internal/cache"
	"github.com/patient-care-aggregator/aggregator/internal/fhir"
	"github.com/patient-care-aggregator/aggregator/internal/keys"
	"github.com/patient-care-aggregator/aggregator/internal/panics"
	"github.com/patient-care-aggregator/aggregator/internal/referral"
	"github.com/patient-care-aggregator/aggregator/internal/upstream"
	"github.com/patient-care-aggregator/aggregator/internal/wording"
)

const (
	operation = "ods Organization"

	// ODS refreshes daily at about 2am.
	fresh = 24 * time.Hour
	// An ODS that says "no such code" is asked again sooner.
	unknownFresh = time.Hour
	sideBySide   = 8
)

// Errors of a look-up. Callers of Find do not see them: an older or a bundled
// name is used instead. None of them repeats the answer.
var (
	errNoAnswer = errors.New("the directory did not answer")
	errAnswer   = errors.New("the directory's answer cannot be used")
)

// Deps are what a Directory needs. Without HTTP only the bundled names are used.
type Deps struct {
	HTTP    *upstream.Client
	BaseURL string
	APIKey  keys.Secret
	Cache   *cache.Cache[referral.Organisation]
	// Bundled are names by ODS code, used where the look-up finds none.
	Bundled map[string]referral.Organisation
	// Name writes an upper-case name as people do.
	Name func(string) string
	Now  func() time.Time // required where HTTP is set
	// Panics hears of a panic in one look-up, which costs that look-up only.
	Panics panics.Handler
}

// Directory finds organisations and sites. It is safe for concurrent use.
type Directory struct{ d Deps }

// New makes a directory.
func New(d Deps) *Directory { return &Directory{d: d} }

// Find returns what is known of each code, looked up side by side. A code that is
// not known is missing from the result.
func (d *Directory) Find(ctx context.Context, codes []string, correlationID string) map[string]referral.Organisation {
	found := make(map[string]referral.Organisation, len(codes))
	var mu sync.Mutex
	var all errgroup.Group
	all.SetLimit(sideBySide)
	for _, code := range codes {
		all.Go(func() error {
			_ = d.d.Panics.Contain(ctx, "find organisation", func() error {
				if o, ok := d.find(ctx, code, correlationID); ok {
					mu.Lock()
					defer mu.Unlock()
					found[code] = o
				}
				return nil
			})
			return nil // a name that is not found costs nothing but itself
		})
	}
	_ = all.Wait() // none of them returns an error
	return found
}

func (d *Directory) find(ctx context.Context, code, correlationID string) (referral.Organisation, bool) {
	if d.d.HTTP != nil && isCode(code) {
		r, err := d.d.Cache.Get(ctx, code, func(ctx context.Context) (referral.Organisation, time.Duration, error) {
			return d.lookUp(ctx, code, correlationID)
		})
		if err == nil && r.Value.Name != "" {
			return r.Value, true
		}
	}
	o, ok := d.d.Bundled[code]
	return o, ok
}

// knownToAll is an organisation that the directory certainly has: Leeds Teaching
// Hospitals NHS Trust.
const knownToAll = "RR8"

// Check asks the directory for an organisation that it certainly has.
func (d *Directory) Check(ctx context.Context, correlationID string) error {
	o, _, err := d.lookUp(ctx, knownToAll, correlationID)
	if err == nil && o.Name == "" {
		return fmt.Errorf("%w: it does not know %s", errAnswer, knownToAll)
	}
	return err
}

func (d *Directory) lookUp(ctx context.Context, code, correlationID string) (referral.Organisation, time.Duration, error) {
	address := d.d.BaseURL + "/organisation-data-terminology-api/fhir/Organization/" + url.PathEscape(code)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return referral.Organisation{}, 0, errors.New("the address of the directory of organisations is not a URL")
	}
	r.Header.Set("apikey", d.d.APIKey.Reveal())
	r.Header.Set("Accept", "application/fhir+json")
	r.Header.Set("X-Correlation-ID", correlationID)
	a, err := d.d.HTTP.Do(operation, r)
	if err != nil {
		return referral.Organisation{}, 0, fmt.Errorf("%w: %w", errNoAnswer, err)
	}
	switch a.Status {
	case http.StatusOK:
	case http.StatusNotFound, http.StatusGone:
		return referral.Organisation{ODSCode: code}, unknownFresh, nil
	default:
		return referral.Organisation{}, 0, fmt.Errorf("%w: status %d", errNoAnswer, a.Status)
	}
	o, err := d.read(a.Body, code)
	if err != nil {
		return referral.Organisation{}, 0, err
	}
	return o, fresh, nil
}

// read reads the answer to the look-up of one code.
func (d *Directory) read(body []byte, code string) (referral.Organisation, error) {
	v, err := fhir.ReadResource(body, "Organization")
	if err != nil {
		return referral.Organisation{}, fmt.Errorf("%w: %w", errAnswer, err)
	}
	var r fhir.Reader // what it loses costs its own part: no phone is better than a wrong one
	name, id := r.Text(v, "name"), fhir.Deref(r.Text(v, "id"))
	switch {
	case name == nil:
		return referral.Organisation{}, fmt.Errorf("%w: it has no name", errAnswer)
	case id != "" && !strings.EqualFold(id, code):
		return referral.Organisation{}, fmt.Errorf("%w: it is another organisation", errAnswer)
	}
	active := r.Bool(v, "active")
	found := referral.Organisation{ODSCode: code, Name: d.d.Name(*name), Closed: active != nil && !*active}
	if !found.Closed {
		found.Phone = d.phone(&r, r.Objects(v, "telecom"))
	}
	return found, nil
}

// phone is the number to call among contact points: one that is in use and can be
// dialled, by its rank, ranked before unranked (R4, ContactPoint). A wrong number is
// worse than none.
func (d *Directory) phone(r *fhir.Reader, points []fhir.Value) string {
	best, bestRank := "", 0
	for _, t := range points {
		value := strings.TrimSpace(fhir.Deref(r.Text(t, "value")))
		if len(value) > len("tel:") && strings.EqualFold(value[:len("tel:")], "tel:") {
			value = value[len("tel:"):]
		}
		if fhir.Deref(r.Text(t, "system")) != "phone" || fhir.Deref(r.Text(t, "use")) == "old" || d.over(r, t) || wording.PhoneNumber(value) == nil {
			continue
		}
		rank := math.MaxInt
		if said := r.Int(t, "rank"); said != nil && *said > 0 {
			rank = *said
		}
		if best == "" || rank < bestRank {
			best, bestRank = value, rank
		}
	}
	return best
}

// over reports whether a contact point's period is not now.
func (d *Directory) over(r *fhir.Reader, point fhir.Value) bool {
	period := r.Period(point, "period")
	if period == nil {
		return false
	}
	day := func(text *string) (time.Time, bool) { return fhir.ParseDay(fhir.Deref(text), time.UTC) }
	start, hasStart := day(period.Start)
	end, hasEnd := day(period.End)
	now := d.d.Now()
	return hasStart && now.Before(start) || hasEnd && !now.Before(end.AddDate(0, 0, 1))
}

// isCode reports whether a text can be an ODS code. A text that is not one is not
// looked up.
func isCode(s string) bool {
	const longest = 12
	for _, c := range s {
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') {
			return false
		}
	}
	return s != "" && len(s) <= longest
}
