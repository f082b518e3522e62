// Package reply writes the sandbox's answers: JSON and accessible HTML pages,
// each unmistakably not from the NHS.
package reply
