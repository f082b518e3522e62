// Package valuesets carries the words, codes and disclosure policy of the
// timeline as YAML, compiled into the program.
//
// It owns the data and nothing else: internal/timeline says what the files mean
// and checks them when they are loaded. A deployment overrides whole files by a
// folder of its own ([Over]); README.md beside this file is for whoever edits them.
//
// Neighbours: internal/app hands the files to internal/timeline.
package valuesets
