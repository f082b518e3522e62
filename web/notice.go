package web

import (
	"bytes"
	"fmt"
	"html/template"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/text"
)

// Notice is a version of the privacy notice, ready for a page.
type Notice struct {
	Version  string
	Language string // BCP 47
	HTML     template.HTML
}

// NewNotice renders a notice's Markdown. Its headings go one level down, for the
// page's own heading is the only one of the first level. HTML in the text is left
// out, and so are links that are not of http, https, mailto or tel.
func NewNotice(version, language, markdown string) (Notice, error) {
	source := []byte(markdown)
	md := goldmark.New()
	tree := md.Parser().Parse(text.NewReader(source))
	err := ast.Walk(tree, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		const deepest = 6
		if h, ok := n.(*ast.Heading); ok && entering {
			h.Level = min(h.Level+1, deepest)
		}
		return ast.WalkContinue, nil
	})
	var out bytes.Buffer
	if err == nil {
		err = md.Renderer().Render(&out, source, tree)
	}
	if err != nil {
		return Notice{}, fmt.Errorf("render privacy notice: %w", err)
	}
	return Notice{
		Version: version, Language: language,
		HTML: template.HTML(out.String()), //nolint:gosec // goldmark escapes; raw HTML is off
	}, nil
}
