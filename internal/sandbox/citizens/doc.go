// Package citizens has the people of the sandbox: who they are to NHS login, what
// e-RS holds about them, and how that changes. Each person is one readable file in
// people/, with a story; services and organisations are in directory/.
//
// Days in the files are relative to the day on which the sandbox started (its
// anchor), so that "tomorrow" is tomorrow whenever it starts, and stays that day
// when the clock is moved.
//
// It must not know how any NHS system writes what it holds: packages ers, ods and
// login know that.
//
// Reading order: citizen.go, file.go, build.go, life.go, catalogue.go.
package citizens
