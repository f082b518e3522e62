package citizen

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"unique"
)

// ErrNotNHSNumber says that a text is not an NHS number: not ten digits, or the
// check digit is wrong. The caller should refuse the text and not repeat it.
var ErrNotNHSNumber = errors.New("not an NHS number")

const redacted = "[REDACTED]"

// NHSNumber is a citizen's NHS number (NHS Data Dictionary: NHS NUMBER, ten
// digits, modulus 11 check). However it is printed, logged or marshalled, it
// shows [REDACTED]; only [NHSNumber.Reveal] returns the digits. The zero value is
// "no number". Two values are equal (==) when they are the same number.
type NHSNumber struct {
	// A handle and not the text: where fmt cannot call our methods, such as in
	// another type's unexported field, it prints an address.
	digits unique.Handle[string]
}

// ParseNHSNumber reads ten digits without spaces and proves the check digit.
func ParseNHSNumber(text string) (NHSNumber, error) {
	const length = 10
	if len(text) != length {
		return NHSNumber{}, ErrNotNHSNumber
	}
	if strings.Count(text, text[:1]) == length {
		return NHSNumber{}, ErrNotNHSNumber // 0000000000, 4444444444 and the like stand for "none", whatever their check digit
	}
	sum := 0
	for i := range length {
		c := text[i]
		if c < '0' || c > '9' {
			return NHSNumber{}, ErrNotNHSNumber
		}
		if i < length-1 {
			sum += int(c-'0') * (length - i)
		}
	}
	check := 11 - sum%11
	if check == 11 {
		check = 0
	}
	// A remainder that asks for the check digit 10 is never issued.
	if check == 10 || int(text[length-1]-'0') != check {
		return NHSNumber{}, ErrNotNHSNumber
	}
	return NHSNumber{digits: unique.Make(text)}, nil
}

// Reveal returns the ten digits. Callers MUST use them only in the upstream query
// that asks for this citizen, a comparison, a keyed hash or a seal.
func (n NHSNumber) Reveal() string {
	if n.IsZero() {
		return ""
	}
	return n.digits.Value()
}

// IsZero reports whether n is "no number".
func (n NHSNumber) IsZero() bool { return n == NHSNumber{} }

// Format implements fmt.Formatter without the number, for every verb: fmt calls
// a String method only for some.
func (n NHSNumber) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// String implements fmt.Stringer without the number.
func (n NHSNumber) String() string { return redacted }

// LogValue implements slog.LogValuer without the number.
func (n NHSNumber) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText implements encoding.TextMarshaler without the number.
func (n NHSNumber) MarshalText() ([]byte, error) { return []byte(redacted), nil }
