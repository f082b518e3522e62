// Package architecture checks rules about all source files that no linter checks.
//
// It owns rules that can be read from the files as they are. It must not run the
// service. Which package may import which is for .golangci.yml.
package architecture
