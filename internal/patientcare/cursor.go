package patientcare

import (
	"bytes"
	"encoding/json"
)

// cursor walks through JSON that encoding/json has found valid, without copying
// it. Decoding it a second time would cost ten times as much.
type cursor struct {
	text []byte
	at   int
}

// peek gives the next character that is no white space.
func (c *cursor) peek() byte {
	for {
		switch b := c.text[c.at]; b {
		case ' ', '\t', '\r', '\n', ',', ':':
			c.at++
		default:
			return b
		}
	}
}

// scalar passes a text, number or literal and gives it as it stands, a text in
// its quotes.
func (c *cursor) scalar() []byte {
	began := c.at
	if c.text[c.at] != '"' {
		for c.at < len(c.text) && bytes.IndexByte([]byte(" \t\r\n,:]}"), c.text[c.at]) < 0 {
			c.at++
		}
		return c.text[began:c.at]
	}
	c.at++
	for {
		part := c.text[c.at:]
		quote := bytes.IndexByte(part, '"')
		escape := bytes.IndexByte(part[:quote], '\\')
		if escape < 0 {
			c.at += quote + 1
			return c.text[began:c.at]
		}
		c.at += escape + 2 // an escaped quote is passed too
	}
}

// skip passes a whole value.
func (c *cursor) skip() {
	depth := 0
	for {
		switch c.peek() {
		case '{', '[':
			depth++
			c.at++
		case '}', ']':
			depth--
			c.at++
		default:
			c.scalar()
		}
		if depth == 0 {
			return
		}
	}
}

// plain gives what a scalar says: a text without its quotes and escapes.
func plain(scalar []byte) []byte {
	if len(scalar) < 2 || scalar[0] != '"' {
		return scalar
	}
	if bytes.IndexByte(scalar, '\\') < 0 {
		return scalar[1 : len(scalar)-1]
	}
	var s string
	if json.Unmarshal(scalar, &s) != nil {
		return nil
	}
	return []byte(s)
}

// kindOf gives a resource's resourceType, empty where there is none.
func kindOf(resource []byte) string {
	c := cursor{text: resource}
	if c.peek() != '{' {
		return ""
	}
	c.at++
	for c.peek() == '"' {
		name := plain(c.scalar())
		if kind := c.peek() == '"' && bytes.EqualFold(name, []byte("resourceType")); kind {
			return string(plain(c.scalar()))
		}
		c.skip()
	}
	return ""
}
