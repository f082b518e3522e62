package redistest

import "syscall"

// ends has a server end with the test's process, even if that is killed.
func ends() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
