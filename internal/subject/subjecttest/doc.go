// Package subjecttest has what the tests of every caller of internal/subject share:
// reasons that must be accepted and reasons that must be rejected, over HTTP and on
// the command line alike.
//
// It must not know who calls. Only tests import it.
package subjecttest
