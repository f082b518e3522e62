// Package sandbox is a local NHS for developers and tests: NHS login, the API
// platform's token exchange, the e-RS Patient Care API, organisation names
// (ODS) and a staff sign-in, as strict and as strange as the real ones.
//
// # What a caller does
//
//	s, err := sandbox.Start(ctx, sandbox.Options{Now: now, Seed: 1})
//	defer s.Close()
//	err = s.Register(sandbox.App{ClientID: …, RedirectURIs: …, NHSLoginJWKSURL: …, APIKey: …, PlatformJWKSURL: …})
//	cfg := s.Endpoints()                        // NHSLoginIssuer, TokenURL, ERSBaseURL, ODSBaseURL, StaffIssuer
//	cancel := s.Order(sandbox.Fault{Upstream: sandbox.ERS, Kind: sandbox.Delay, Delay: time.Second})
//	asked := s.Requests()                       // what was asked, to assert on
//	people := s.Citizens()                      // the catalogue: Name, Story
//	err = s.AnswerNext("bella")                 // the next sign-in picks bella without a page
//	step, err := s.AdvanceCitizen("lily", "")   // a referral takes its next step
//	s.Advance(2 * time.Hour)                    // the sandbox's clock; s.Now reads it
//
// A browser or test client picks a citizen without a page by adding
// sandbox_citizen=NAME to the authorize URL (or the header X-Sandbox-Citizen);
// sandbox_answer=decline refuses to share. The service under test does not notice.
//
// # What it owns
//
// The listener, the routes, and the pages and requests under URL/sandbox that
// control it. The packages below own one NHS system each: login, platform, ers,
// ods, staff. The others are registry (the registered apps), citizens (the
// catalogue), faults, recording, jwt, and kit, which all systems are built from.
//
// Begin with sandbox.go, then read one system, such as ods.
//
// # What it must not know
//
// It imports nothing of the service and shares no code with it: it is the
// independent check of the service's signatures and requests. It listens on
// loopback only, refuses foreign Host headers, marks every page and answer as
// not the NHS, and its signing keys are published in this repository: its tokens
// are worthless anywhere else.
package sandbox
