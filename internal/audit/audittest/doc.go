// Package audittest is a log in memory for the tests of internal/audit and of the
// packages below it: a test can change its records as somebody with the database
// could.
//
// It owns no rule of the log and must not know a real store; that those behave in
// the same way is for internal/store/storetest. Only tests import it.
package audittest
