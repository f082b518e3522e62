package main

import (
	"cmp"
	"fmt"
	"runtime/debug"
)

// The two kinds of build, chosen by the build tag "production".
const (
	development = "development"
	production  = "production"
)

type versionCommand struct{}

// Run prints which build this is.
func (versionCommand) Run(env *environment) error {
	_, err := fmt.Fprintln(env.stdout, describeBuild())
	return err
}

// describeBuild says for an operator which build this is, one fact a line.
func describeBuild() string {
	b := readBuild()
	return fmt.Sprintf("aggregator %s (%s build)\ngo version: %s\ncommit: %s", b.version, variant, b.goVersion, b.commit)
}

// version is the module's version, or the commit when the module has no version.
func version() string {
	b := readBuild()
	if b.version == "(devel)" {
		return b.commit
	}
	return b.version
}

// build is what the Go toolchain recorded about this program.
type build struct{ version, goVersion, commit string }

func readBuild() build {
	const unknown = "unknown"
	b := build{version: "(devel)", goVersion: unknown, commit: unknown}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	b.version, b.goVersion = cmp.Or(info.Main.Version, b.version), info.GoVersion
	settings := map[string]string{}
	for _, s := range info.Settings {
		settings[s.Key] = s.Value
	}
	if commit := settings["vcs.revision"]; commit != "" {
		b.commit = commit
		if settings["vcs.modified"] == "true" {
			b.commit += " with local changes"
		}
	}
	return b
}
