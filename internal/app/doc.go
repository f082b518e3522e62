// Package app puts the service together: it takes a configuration and gives a
// server that can be run and closed. It is the only package that knows both the
// domain and what implements it. It holds no rule of its own, but times and sizes.
//
// Read app.go, wiring.go, then the file of the part in question; serve.go runs
// the result. Neighbours: cmd/aggregator and internal/local start an App.
package app
