// Package valuesets carries the words, codes and disclosure policy as YAML, compiled
// into the program.
//
// It owns the data and nothing else: internal/wording and internal/disclosure say
// what the files mean and check them when they are loaded. A deployment overrides
// whole files by a folder of its own ([Over]); README.md in this folder is for the
// people who edit them. The tests of this package check every text.
//
// Neighbours: internal/app hands the files to internal/wording and
// internal/disclosure.
package valuesets
