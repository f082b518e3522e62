package platform_test

import (
	"sync"

	"github.com/patient-care-aggregator/aggregator/internal/jose"
)

// ourKeys are made once, because that takes long.
var ourKeys = sync.OnceValues(func() (*jose.Keys, error) {
	pem, err := jose.GenerateKey()
	if err != nil {
		return nil, err
	}
	return jose.ParseKeys(pem, []string{"key-1"})
})
