// Package contract checks HTTP requests and answers against OpenAPI documents
// while they pass: this service's own (api/openapi.yaml), and the published one
// of the e-RS Patient Care API.
//
// It owns the rule that a test need not look for a breach of a contract, because
// every journey goes through [Own.Transport] and every question to e-RS through
// [Published]. A request that the contract does not allow must be refused; an
// answer must have a status, headers and a body that the document promises, and
// no header that it does not name.
//
// It must not know what a test is about, nor the sandbox. Only tests import it.
package contract
