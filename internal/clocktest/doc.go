// Package clocktest is the clock of all tests: it shows the same time until a test
// moves it.
//
// It owns no rule and must not know what is tested. Only tests import it. A test
// that lives in a synctest bubble has a clock of its own and does not need this one.
package clocktest
