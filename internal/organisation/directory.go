package organisation

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/cache"
	"github.com/patient-care-aggregator/aggregator/internal/keys"
	"github.com/patient-care-aggregator/aggregator/internal/referral"
	"github.com/patient-care-aggregator/aggregator/internal/upstream"
)

const (
	operation = "ods Organization"

	// ODS refreshes daily at about 2am.
	fresh = 24 * time.Hour
	// An ODS that says "no such code" is asked again sooner.
	unknownFresh = time.Hour
	sideBySide   = 8
)

// Deps are what a Directory needs. Without HTTP the bundled names serve alone.
type Deps struct {
	HTTP    *upstream.Client
	BaseURL string
	APIKey  keys.Secret
	Cache   *cache.Cache[referral.Organisation]
	// Bundled are names by ODS code, used where the look-up gives none.
	Bundled map[string]referral.Organisation
	// Name writes an upper-case name as people do.
	Name func(string) string
}

// Directory finds organisations and sites. It is safe for concurrent use.
type Directory struct{ d Deps }

// New makes a directory.
func New(d Deps) *Directory { return &Directory{d: d} }

// Find gives what is known of each code, side by side. A code that nobody knows
// is missing from the result.
func (d *Directory) Find(ctx context.Context, codes []string, correlationID string) map[string]referral.Organisation {
	found := make(map[string]referral.Organisation, len(codes))
	var mu sync.Mutex
	var all sync.WaitGroup
	places := make(chan struct{}, sideBySide)
	for _, code := range codes {
		all.Go(func() {
			places <- struct{}{}
			defer func() { <-places }()
			if o, ok := d.find(ctx, code, correlationID); ok {
				mu.Lock()
				defer mu.Unlock()
				found[code] = o
			}
		})
	}
	all.Wait()
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

// organization is the part of a FHIR Organization that is read.
type organization struct {
	ResourceType string  `json:"resourceType"`
	ID           string  `json:"id"`
	Active       *bool   `json:"active"`
	Name         *string `json:"name"`
	Telecom      []struct {
		System string `json:"system"`
		Value  string `json:"value"`
	} `json:"telecom"`
}

func (d *Directory) lookUp(ctx context.Context, code, correlationID string) (referral.Organisation, time.Duration, error) {
	address := d.d.BaseURL + "/organisation-data-terminology-api/fhir/Organization/" + url.PathEscape(code)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return referral.Organisation{}, 0, errors.New("ODS address is no URL")
	}
	r.Header.Set("apikey", d.d.APIKey.Reveal())
	r.Header.Set("Accept", "application/fhir+json")
	r.Header.Set("X-Correlation-ID", correlationID)
	a, err := d.d.HTTP.Do(operation, r)
	if err != nil {
		return referral.Organisation{}, 0, fmt.Errorf("look up organisation: %w", err)
	}
	switch a.Status {
	case http.StatusOK:
	case http.StatusNotFound, http.StatusGone:
		return referral.Organisation{ODSCode: code}, unknownFresh, nil
	default:
		return referral.Organisation{}, 0, fmt.Errorf("look up organisation: status %d", a.Status)
	}
	var o organization
	var odd *json.UnmarshalTypeError // a part of another form costs itself
	if err := json.Unmarshal(a.Body, &o); (err != nil && !errors.As(err, &odd)) || o.ResourceType != "Organization" || o.Name == nil {
		return referral.Organisation{}, 0, errors.New("look up organisation: answer is no Organization")
	}
	if o.ID != "" && !strings.EqualFold(o.ID, code) {
		return referral.Organisation{}, 0, errors.New("look up organisation: answer is another Organization")
	}
	found := referral.Organisation{ODSCode: code, Name: d.d.Name(*o.Name), Closed: o.Active != nil && !*o.Active}
	for _, t := range o.Telecom {
		if t.System == "phone" && found.Phone == "" && !found.Closed {
			found.Phone = t.Value
		}
	}
	return found, fresh, nil
}

// isCode tells whether a text can be an ODS code: what is none is asked of nobody.
func isCode(s string) bool {
	const longest = 12
	for _, c := range s {
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') {
			return false
		}
	}
	return s != "" && len(s) <= longest
}
