package api

import _ "embed"

// OpenAPI is the contract as an OpenAPI 3.0 document in YAML, served at
// /openapi.yaml. Requests and answers of the end-to-end tests are checked
// against it.
//
//go:embed openapi.yaml
var OpenAPI []byte
