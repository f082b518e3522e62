package keys

import "log/slog"

const redacted = "[REDACTED]"

// Secret is a text that prints, logs and marshals as [REDACTED]. Only Reveal
// gives it; the zero value is "no secret".
type Secret struct{ text string }

// NewSecret wraps a text.
func NewSecret(text string) Secret { return Secret{text: text} }

// Reveal gives the text. Callers MUST NOT log it or put it into an error.
func (s Secret) Reveal() string { return s.text }

// IsZero tells that there is no secret.
func (s Secret) IsZero() bool { return s.text == "" }

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
	s.text = string(text)
	return nil
}
