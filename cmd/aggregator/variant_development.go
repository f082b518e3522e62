//go:build !production

package main

// variant is the kind of build. A development build can run the NHS sandbox.
const variant = development

// sandboxCommands are the commands that need the NHS sandbox.
type sandboxCommands struct {
	Dev     devCommand     `cmd:"" help:"Serve on this machine with a local NHS sandbox; nothing to configure."`
	Demo    demoCommand    `cmd:"" help:"Make one citizen's whole journey against the sandbox and print the timeline."`
	Sandbox sandboxCommand `cmd:"" help:"Run the local NHS sandbox by itself, for any software to use."`
}
