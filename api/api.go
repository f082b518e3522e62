package api

import (
	_ "embed"
	"fmt"

	"github.com/goccy/go-yaml"
)

// OpenAPI is the contract as an OpenAPI 3.0 document in YAML without anchors, served
// at /openapi.yaml. Requests and answers of the end-to-end tests are checked
// against it.
//
//go:embed openapi.yaml
var OpenAPI []byte

// JSON is OpenAPI in JSON, as /openapi.json serves it.
func JSON() ([]byte, error) {
	text, err := yaml.YAMLToJSON(OpenAPI)
	if err != nil {
		return nil, fmt.Errorf("contract in JSON: %w", err)
	}
	return text, nil
}
