package keys

import (
	"fmt"
	"io"
	"log/slog"
	"unique"
)

const redacted = "[REDACTED]"

// Secret is a text that prints, logs and marshals as [REDACTED]. Only Reveal
// returns it; the zero value is "no secret". The text is kept behind a handle, so
// that fmt cannot show it even in the unexported field of another struct.
type Secret struct{ text unique.Handle[string] }

// NewSecret wraps a text.
func NewSecret(text string) Secret {
	if text == "" {
		return Secret{}
	}
	return Secret{text: unique.Make(text)}
}

// Reveal returns the text. Callers MUST NOT log it or put it into an error.
func (s Secret) Reveal() string {
	if s.IsZero() {
		return ""
	}
	return s.text.Value()
}

// IsZero reports whether s is "no secret".
func (s Secret) IsZero() bool { return s == Secret{} }

// Format implements fmt.Formatter for every verb without the text.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// String implements fmt.Stringer without the text.
func (s Secret) String() string { return redacted }

// GoString implements fmt.GoStringer without the text.
func (s Secret) GoString() string { return redacted }

// LogValue implements slog.LogValuer without the text.
func (s Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText implements encoding.TextMarshaler without the text.
func (s Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// UnmarshalText implements encoding.TextUnmarshaler, so that configuration can
// be read straight into a Secret.
func (s *Secret) UnmarshalText(text []byte) error {
	*s = NewSecret(string(text))
	return nil
}
