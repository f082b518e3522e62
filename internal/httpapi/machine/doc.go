// Package machine answers programs that run or read this service: probes, the
// health that the NHS API platform asks for, the public keys and the contract.
//
// It owns those six routes. It must not know any citizen: nothing here is about
// anybody, so nothing here is logged.
//
// Neighbours: internal/httpapi mounts the routes, internal/app says when the
// service is ready. Read machine.go, then probes.go and documents.go.
package machine
