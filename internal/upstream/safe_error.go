package upstream

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
)

// WithoutURL removes the address from the errors of net/http, and what they quote
// of an answer that is not HTTP. The cause stays for errors.Is and errors.As.
func WithoutURL(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return fmt.Errorf("send request: %w", safe(u.Err))
	}
	return err
}

// quiet is an error whose own text could repeat what the upstream sent.
type quiet struct{ cause error }

// Error implements error.
func (quiet) Error() string { return "the answer cannot be read" }

// Unwrap returns the cause, which MUST NOT be logged.
func (q quiet) Unwrap() error { return q.cause }

// safe returns only errors about time, network and certificates unchanged.
func safe(err error) error {
	var (
		operation   *net.OpError
		name        *net.DNSError
		certificate *tls.CertificateVerificationError
		record      tls.RecordHeaderError
		alert       tls.AlertError
		host        x509.HostnameError
		timeout     net.Error
	)
	for _, known := range []error{context.Canceled, context.DeadlineExceeded, ErrTooLarge, io.EOF, io.ErrUnexpectedEOF} {
		if errors.Is(err, known) {
			return err
		}
	}
	switch {
	case errors.As(err, &operation), errors.As(err, &name), errors.As(err, &certificate), errors.As(err, &record),
		errors.As(err, &alert), errors.As(err, &host), errors.As(err, &timeout) && timeout.Timeout():
		return err
	}
	return quiet{err}
}
