package main

import (
	"fmt"

	"github.com/alecthomas/kong"

	"github.com/patient-care-aggregator/aggregator/internal/config"
)

// settingTag names the setting of the service that a flag takes when it is not on
// the command line.
const settingTag = "setting"

// settings reads the flags that have a setting as serve reads it. It takes the
// environment as an argument, which kong's own tag "env" does not.
func settings(environ []string) kong.Resolver {
	return kong.ResolverFunc(func(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
		name := flag.Tag.Get(settingTag)
		if name == "" {
			return nil, nil //nolint:nilnil // kong: not resolved here
		}
		value, isSet, err := config.Lookup(environ, name)
		if err != nil || !isSet {
			return nil, err
		}
		return value, nil
	})
}

// helpWithSetting is the help of a flag, with its setting.
func helpWithSetting(v *kong.Value) string {
	if name := v.Tag.Get(settingTag); name != "" {
		return fmt.Sprintf("%s ($%s)", v.Help, name)
	}
	return kong.DefaultHelpValueFormatter(v)
}
