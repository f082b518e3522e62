// Package commands proves the program as an operator or a new developer meets
// it: built once, run as a process of its own, with what README.md tells to type.
package commands
