package fhir

import (
	"bytes"
	"strings"

	"github.com/patient-care-aggregator/aggregator/internal/citizen"
)

// Bundle is the answer to a search. Nothing of its resources has been read yet
// but their kinds, so that one that cannot be read costs itself only.
type Bundle struct {
	Total   *int // what the source says that there is; nil where it does not say
	HasNext bool // the source says that there is a next page
	Entries []Entry
}

// Entry is one entry of a bundle.
type Entry struct {
	FullURL string
	// Kind is the resourceType; empty where the entry holds no readable resource.
	Kind     string
	Resource Value
	// Mode is why it is in the answer: match, include or outcome (R4, SearchEntryMode);
	// empty where it does not say.
	Mode string
}

// ReadBundle reads the answer to a search for the owner's data. Whose it is comes
// before what it is: an answer that names another NHS number anywhere is
// ErrForeignSubject, in whatever shape and even when the rest of it is broken. An
// answer that is not the result of a search is ErrMalformed or ErrShape, one with
// more entries than maxEntries ErrTooLarge.
func ReadBundle(text []byte, owner citizen.NHSNumber, maxEntries int) (Bundle, error) {
	d, malformed := Parse(text)
	if err := d.CheckOwner(owner); err != nil {
		return Bundle{}, err
	}
	if malformed != nil {
		return Bundle{}, malformed
	}
	var r Reader
	root := d.Root().single()
	kind := r.Text(root, "type")
	if KindOf(root) != "Bundle" || (Deref(kind) != "" && Deref(kind) != "searchset") {
		return Bundle{}, ErrShape
	}
	b := Bundle{Total: r.Int(root, "total")}
	for _, link := range r.Objects(root, "link") {
		b.HasNext = b.HasNext || strings.EqualFold(Deref(r.Text(link, "relation")), "next")
	}
	for member := range root.children() { // entry can be there twice
		if !bytes.EqualFold(member.name(), []byte("entry")) || !member.Exists() {
			continue
		}
		for v := range member.elements() {
			if len(b.Entries) == maxEntries {
				return Bundle{}, ErrTooLarge
			}
			b.Entries = append(b.Entries, readEntry(&r, v))
		}
	}
	return b, nil
}

func readEntry(r *Reader, v Value) Entry {
	e := Entry{FullURL: Deref(r.Text(v, "fullUrl")), Mode: strings.ToLower(Deref(r.Text(r.Object(v, "search"), "mode")))}
	if resource := v.member("resource"); KindOf(resource) != "" {
		e.Kind, e.Resource = KindOf(resource), resource
	}
	return e
}

// ReadResource reads an answer that is one resource of that kind. It looks for no
// owner: it is for resources that are not about a person.
func ReadResource(text []byte, kind string) (Value, error) {
	d, err := Parse(text)
	if err != nil {
		return Value{}, err
	}
	root := d.Root().single()
	if KindOf(root) != kind {
		return Value{}, ErrShape
	}
	return root, nil
}

// Outcome is an OperationOutcome. Its issues' expression has come as text and as
// list: it is not read.
type Outcome struct{ Issues []Issue }

// Issue is one issue of an OperationOutcome.
type Issue struct{ Severity, Code string }

// ReadOutcome reads an OperationOutcome.
func ReadOutcome(resource Value) Outcome {
	var r Reader
	return Outcome{Issues: listOf(r.Objects(resource, "issue"), func(v Value) Issue {
		return Issue{Severity: Deref(r.Text(v, "severity")), Code: Deref(r.Text(v, "code"))}
	})}
}

// IsRemark reports whether an outcome is only information or a warning, which says
// that the search was understood in another way. An error says that something could not
// be given.
func (o Outcome) IsRemark() bool {
	for _, issue := range o.Issues {
		if issue.Severity != "information" && issue.Severity != "warning" {
			return false
		}
	}
	return len(o.Issues) > 0
}
