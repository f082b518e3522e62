// Package redistest starts a Redis server for a test and breaks it as the test asks:
// killed, hung, slow, flushed.
//
// It owns where that server is and that it ends with the test. It must not know what
// is tested. Only tests import it.
package redistest
