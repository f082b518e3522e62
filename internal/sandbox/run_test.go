package sandbox_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"

	"github.com/patient-care-aggregator/aggregator/internal/sandbox"
)

func TestItRunsAloneUntilItIsTold(t *testing.T) {
	apps, err := sandbox.ReadApps(strings.NewReader("apps:\n  - clientId: mine\n    redirectUris: [http://127.0.0.1:9/cb]\n    nhsLoginJwksUrl: http://127.0.0.1:9/jwks\n"))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	out := &firstOutput{cancel: cancel}
	if err := sandbox.Run(ctx, sandbox.Options{Now: morning, Addr: "127.0.0.1:0"}, apps, out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"SANDBOX, not the NHS", "/nhs-login", "/oauth2/token", "/e-referrals-service-patient-care-api", "apps     1"} {
		if !strings.Contains(out.text, want) {
			t.Errorf("%s is not printed: %s", want, out.text)
		}
	}
	wrong := []sandbox.App{{Name: "nothing else"}}
	if err := sandbox.Run(t.Context(), sandbox.Options{Now: morning, Addr: "127.0.0.1:0"}, wrong, out); err == nil {
		t.Error("an app that cannot be registered does not end the run")
	}
}

// firstOutput ends the run at the first output.
type firstOutput struct {
	text   string
	cancel context.CancelFunc
}

func (f *firstOutput) Write(b []byte) (int, error) {
	f.text += string(b)
	f.cancel()
	return len(b), nil
}

func TestATakenAddressIsAnError(t *testing.T) {
	var config net.ListenConfig
	taken, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	if _, err := sandbox.Start(t.Context(), sandbox.Options{Now: morning, Addr: taken.Addr().String()}); err == nil {
		t.Error("two sandboxes listen at one address")
	}
}

func TestAnAppsFileIsReadStrictly(t *testing.T) {
	for name, text := range map[string]string{
		"no apps":          "apps: []\n",
		"an unknown field": "apps:\n  - clientID: x\n",
		"a wrong app":      "apps:\n  - clientId: x\n",
		"no YAML":          "apps: [",
	} {
		if _, err := sandbox.ReadApps(strings.NewReader(text)); !errors.Is(err, sandbox.ErrAppsFile) {
			t.Errorf("%s: %v", name, err)
		}
	}
	apps, err := sandbox.ReadApps(strings.NewReader(`{"apps": [{"apiKey": "x", "proofingLevels": ["P9", "P5"]}]}`))
	if err != nil || apps[0].APIKey != "x" {
		t.Errorf("JSON: %+v %v", apps, err)
	}
}
