package fhir

import (
	"bytes"
	"errors"
	"io"

	"github.com/go-json-experiment/json/jsontext"
)

// Errors of reading a document. None of them repeats what was sent.
var (
	// ErrMalformed says that a text is not JSON, or not JSON throughout. The
	// caller should treat the answer as unusable.
	ErrMalformed = errors.New("malformed JSON")
	// ErrTooLarge says that a document has more parts than are read. The caller
	// should treat the answer as unusable.
	ErrTooLarge = errors.New("more than can be read")
	// ErrShape says that a text is JSON, but not the resource that was asked for.
	// The caller should treat the answer as unusable.
	ErrShape = errors.New("JSON of another shape")
)

// maxNodes bounds the memory of one document: 28 bytes for each value in it. An
// answer with 5,000 referrals and their appointments has about a third of it.
const maxNodes = 1 << 20

// Document is a JSON text, taken apart once. Everything that reads it afterwards
// walks over its values, so that no reader scans JSON by itself.
type Document struct {
	text  []byte
	nodes []node
}

// node is one value. Values are linked by their index in Document.nodes; 0, the
// index of the root, means that there is none.
type node struct {
	name  span // with its quotes; empty where the value is not an object's member
	value span
	next  int32 // the next member or element of the same object or list
	first int32 // the first member or element
	kind  jsontext.Kind
}

// span is a part of the document's text.
type span struct{ start, end int32 }

// Parse takes a JSON text apart. A member may occur more than once, and all of
// them are kept. With an error the document holds what came before the fault: it
// is good for [Document.CheckOwner] and for nothing else. The caller must not
// change the text afterwards.
func Parse(text []byte) (*Document, error) {
	text = bytes.TrimPrefix(text, []byte("\ufeff")) // RFC 8259, section 8.1
	d := &Document{text: text}
	if len(text) > 1<<30 {
		return d, ErrTooLarge
	}
	const typical = 16 // bytes for each value
	d.nodes = make([]node, 0, min(len(text)/typical+1, maxNodes))
	p := parser{Document: d, decoder: jsontext.NewDecoder(bytes.NewBuffer(text),
		jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))}
	if err := p.value(span{}); err != nil {
		return d, err
	}
	if _, err := p.decoder.ReadToken(); !errors.Is(err, io.EOF) {
		return d, ErrMalformed
	}
	return d, nil
}

type parser struct {
	*Document

	decoder *jsontext.Decoder
}

// value reads the next value and what it holds. A value that could not be read
// to its end stays in the document.
func (p *parser) value(name span) error {
	if len(p.nodes) >= maxNodes {
		return ErrTooLarge
	}
	at := len(p.nodes)
	kind := p.decoder.PeekKind()
	p.nodes = append(p.nodes, node{name: name, kind: kind})
	if kind != '{' && kind != '[' {
		value, err := p.scalar()
		p.nodes[at].value = value
		return err
	}
	if _, err := p.decoder.ReadToken(); err != nil {
		return ErrMalformed
	}
	start := p.offset() - 1
	err := p.children(at)
	p.nodes[at].value = span{start, p.offset()}
	return err
}

// children reads what an object or list holds, and its end.
func (p *parser) children(parent int) error {
	last := -1
	for {
		kind := p.decoder.PeekKind()
		if kind == '}' || kind == ']' {
			if _, err := p.decoder.ReadToken(); err != nil {
				return ErrMalformed
			}
			return nil
		}
		var name span
		if p.nodes[parent].kind == '{' {
			var err error
			if name, err = p.scalar(); err != nil {
				return err
			}
		}
		child := len(p.nodes)
		if child >= maxNodes {
			return ErrTooLarge
		}
		if last < 0 {
			p.nodes[parent].first = int32(child)
		} else {
			p.nodes[last].next = int32(child)
		}
		last = child
		if err := p.value(name); err != nil {
			return err
		}
	}
}

func (p *parser) scalar() (span, error) {
	value, err := p.decoder.ReadValue()
	if err != nil {
		return span{}, ErrMalformed
	}
	end := p.offset()
	return span{end - int32(len(value)), end}, nil //nolint:gosec // Parse bounds the text
}

func (p *parser) offset() int32 {
	return int32(p.decoder.InputOffset()) //nolint:gosec // Parse bounds the text
}

// Root is the document's only value; absent when nothing of it could be read.
func (d *Document) Root() Value {
	if len(d.nodes) == 0 {
		return Value{}
	}
	return Value{d, 0}
}
