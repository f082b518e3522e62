package redis_test

import (
	"os"
	"testing"

	"github.com/patient-care-aggregator/aggregator/internal/redis"
)

func TestMain(m *testing.M) {
	redis.Silence()
	os.Exit(m.Run())
}
