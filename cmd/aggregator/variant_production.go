//go:build production

package main

// variant is the kind of build. A production build contains no NHS sandbox.
const variant = production

// sandboxCommands has no commands: this build cannot run the NHS sandbox.
type sandboxCommands struct{}
