// The command aggregator serves the Patient Care Aggregator and helps those who
// run, try and audit it. `aggregator --help` lists what it can do.
//
// It owns the command line: arguments, settings, exit codes and what is printed.
// It must not hold a rule of the service: internal/app serves, and internal/audit
// and internal/subject decide what operators may do. A production build leaves out
// what needs the sandbox (variant_production.go).
//
// Begin with run.go, then one file for each command.
package main
