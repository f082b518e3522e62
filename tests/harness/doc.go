// Package harness runs the whole service against the sandbox for tests.
//
// It owns what end-to-end tests share, so that there is only one of each. It must
// not know what a test is about. Only tests import it.
package harness
