//go:build !linux

package redistest

import "syscall"

func ends() *syscall.SysProcAttr { return nil }
