// Package architecture checks rules about all packages and source files that no
// linter checks.
//
// It owns rules that can be read from the files as they are, and from what a
// package is built from. It must not run the service. Which package may import
// which directly is in .golangci.yml; that handlers cannot write an answer by
// themselves is tested in internal/httpapi.
//
// Read purity_test.go, then files_test.go.
package architecture
