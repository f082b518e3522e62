package sandbox

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/goccy/go-yaml"
)

// ErrAppsFile says that a file of apps cannot be read.
var ErrAppsFile = errors.New("invalid apps file")

// Run is the sandbox by itself: it starts at o.Addr, [FixedAddr] when that is empty,
// registers the apps, prints where everything is, and serves until ctx ends.
func Run(ctx context.Context, o Options, apps []App, out io.Writer) error {
	if o.Addr == "" {
		o.Addr = FixedAddr
	}
	s, err := Start(ctx, o)
	if err != nil {
		return err
	}
	defer s.Close()
	for _, a := range apps {
		if err := s.Register(a); err != nil {
			return fmt.Errorf("register %s%s: %w", a.ClientID, a.APIKey, err)
		}
	}
	at := s.Endpoints()
	fmt.Fprintf(out, `SANDBOX, not the NHS
citizens, faults    %s/sandbox
NHS login issuer    %s
API platform token  %s
e-RS base           %s
ODS base            %s
staff issuer        %s
registered apps     %d
`, s.URL(), at.NHSLoginIssuer, at.TokenURL, at.ERSBaseURL, at.ODSBaseURL, at.StaffIssuer, len(apps))
	<-ctx.Done()
	return nil
}

// ReadApps reads a file of apps, YAML or JSON: a list under "apps", with the
// fields of [App] as its JSON names them. It fails with [ErrAppsFile], or with
// what [App.Validate] finds.
func ReadApps(r io.Reader) ([]App, error) {
	var file struct {
		Apps []App `yaml:"apps"`
	}
	if err := yaml.NewDecoder(r, yaml.DisallowUnknownField()).Decode(&file); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrAppsFile, err)
	}
	if len(file.Apps) == 0 {
		return nil, fmt.Errorf("%w: it lists no apps", ErrAppsFile)
	}
	for i, a := range file.Apps {
		if err := a.Validate(); err != nil {
			return nil, fmt.Errorf("%w: app %d: %w", ErrAppsFile, i+1, err)
		}
	}
	return file.Apps, nil
}
