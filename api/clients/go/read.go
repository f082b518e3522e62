// Command read is a client as an app developer writes one: made from the contract
// with the generator's defaults. It prints what the service says of one citizen.
package main

import (
	"context"
	"fmt"
	"net/http"
	"os"

	"github.com/patient-care-aggregator/aggregator/api/clients/go/generated"
)

func main() {
	if err := read(context.Background(), "http://127.0.0.1:8080", os.Getenv("COOKIE")); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func read(ctx context.Context, service, cookie string) error {
	client, err := generated.NewClientWithResponses(service)
	if err != nil {
		return err
	}
	signedIn := func(_ context.Context, r *http.Request) error {
		r.Header.Set("Cookie", cookie)
		return nil
	}
	answer, err := client.GetTimelineWithResponse(ctx, &generated.GetTimelineParams{}, signedIn)
	if err != nil {
		return err
	}
	timeline := answer.JSON200
	if timeline == nil {
		timeline = answer.JSON207
	}
	if timeline == nil {
		return fmt.Errorf("the service answered %s", answer.Status())
	}
	for _, r := range timeline.Referrals {
		fmt.Println(r.State.Title, r.State.NextStep)
		if r.Appointment != nil && r.Appointment.DisplayDate != nil {
			fmt.Println(*r.Appointment.DisplayDate)
		}
	}
	return nil
}
