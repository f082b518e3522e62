// Package ids makes the sandbox's codes, tokens and identifiers. They follow
// from the seed and the order of asking, so that a run can be repeated; they
// protect nothing.
package ids
