package main

import "fmt"

type configCommand struct {
	Check configCheckCommand `cmd:"" help:"Tell every fault of the configuration, without starting."`
}

type configCheckCommand struct{}

// Run checks the configuration.
func (configCheckCommand) Run(env *environment) error {
	if _, err := load(env); err != nil {
		return err
	}
	_, err := fmt.Fprintln(env.stdout, "The configuration is complete and valid.")
	return err
}
