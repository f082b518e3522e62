package patientcare

import (
	"context"
	"errors"
	"fmt"

	"github.com/patient-care-aggregator/aggregator/internal/keys"
)

// Check asks e-RS, without a citizen, whether it is there: it must refuse what is no
// access token.
func (s *Source) Check(ctx context.Context, correlationID string) error {
	switch _, err := s.client.get(ctx, operationCheck, "/FHIR/R4/HealthcareService/1", keys.NewSecret("no-access-token"), correlationID); {
	case err == nil:
		return errors.New("e-RS answered without an access token")
	case errors.Is(err, errTokenRefused):
		return nil
	default:
		return fmt.Errorf("check e-RS: %w", err)
	}
}
