package client

import (
	"errors"
	"slices"
)

// ID names one registered client. It is public and appears in audit entries.
type ID string

// Web is the service's own web pages.
const Web ID = "web"

// ErrUnknown says that no client of that id is registered. Callers should
// answer as if the client had no permission at all.
var ErrUnknown = errors.New("unknown client")

// Client is one registered app or portal.
type Client struct {
	ID   ID
	Name string // as citizens know it, for the consent page and the access log
}

// Registry is the fixed set of clients of one deployment.
type Registry struct{ clients []Client }

// NewRegistry returns a registry that holds the service's own client.
func NewRegistry() *Registry {
	return &Registry{clients: []Client{{ID: Web, Name: "Patient Care Aggregator website"}}}
}

// Find returns a client by id, or ErrUnknown.
func (r *Registry) Find(id ID) (Client, error) {
	i := slices.IndexFunc(r.clients, func(c Client) bool { return c.ID == id })
	if i < 0 {
		return Client{}, ErrUnknown
	}
	return r.clients[i], nil
}
