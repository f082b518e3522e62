// Package app puts the service together: configuration in, a running server and
// its end out. It is the only room that knows both the domain and what
// implements it, and it holds no rule of its own.
package app
