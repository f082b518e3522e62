package faults

import (
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"sync"
)

// Set holds the orders in force. Safe for concurrent use.
type Set struct {
	seed int64

	mu     sync.Mutex
	next   int
	orders []*Order
}

// Order is a fault in force.
type Order struct {
	Number int   `json:"number"`
	Fault  Fault `json:"fault"`
	Seen   int   `json:"seen"` // requests that it could have affected
	Struck int   `json:"struck"`
}

// NewSet is without orders. Shares of requests follow from the seed.
func NewSet(seed int64) *Set { return &Set{seed: seed} }

// Add puts a fault in force until it has struck Count times or cancel is called.
// The number names the order in the control endpoint. The error is of [Fault.Validate].
func (s *Set) Add(f Fault) (number int, cancel func(), err error) {
	if err := f.Validate(); err != nil {
		return 0, nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.next++
	n := s.next
	s.orders = append(s.orders, &Order{Number: n, Fault: f})
	return n, func() { s.Cancel(n) }, nil
}

// Cancel ends an order. It reports whether there is one of that number.
func (s *Set) Cancel(number int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := len(s.orders)
	s.orders = slices.DeleteFunc(s.orders, func(o *Order) bool { return o.Number == number })
	return len(s.orders) < before
}

// Clear ends every order.
func (s *Set) Clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.orders = nil
}

// Orders returns copies of what is in force, oldest first.
func (s *Set) Orders() []Order {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]Order, 0, len(s.orders))
	for _, o := range s.orders {
		out = append(out, *o)
	}
	return out
}

// InForce reports whether a kind is ordered for an upstream, without using it up.
// Keys are published by it: what JWKS shows must not depend on who asks first.
func (s *Set) InForce(kind Kind, u Upstream) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.ContainsFunc(s.orders, func(o *Order) bool {
		return o.Fault.Kind == kind && (o.Fault.Upstream == "" || o.Fault.Upstream == u)
	})
}

// pick takes the faults that affect this request and uses one of each one's count.
func (s *Set) pick(u Upstream, operation, citizen string) []Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	var struck []Fault
	for _, o := range s.orders {
		if !o.Fault.befalls(u, operation, citizen) {
			continue
		}
		o.Seen++
		if !s.share(o) {
			continue
		}
		o.Struck++
		struck = append(struck, o.Fault)
	}
	s.orders = slices.DeleteFunc(s.orders, func(o *Order) bool { return o.Fault.Count > 0 && o.Struck >= o.Fault.Count })
	return struck
}

// share decides the percentage by seed, order and request, so that a run repeats.
func (s *Set) share(o *Order) bool {
	if o.Fault.Percent == 0 || o.Fault.Percent == 100 {
		return true
	}
	return s.roll(o.Number, o.Seen, 100) < o.Fault.Percent
}

func (s *Set) roll(order, request, sides int) int {
	var in [24]byte
	binary.BigEndian.PutUint64(in[0:], uint64(s.seed))   //nolint:gosec // only the bits matter
	binary.BigEndian.PutUint64(in[8:], uint64(order))    //nolint:gosec // counts are not negative
	binary.BigEndian.PutUint64(in[16:], uint64(request)) //nolint:gosec // counts are not negative
	sum := sha256.Sum256(in[:])
	return int(binary.BigEndian.Uint32(sum[:4])>>1) % sides
}

func (f Fault) befalls(u Upstream, operation, citizen string) bool {
	if f.Upstream != "" && f.Upstream != u {
		return false
	}
	if f.Operation != "" && f.Operation != operation {
		return false
	}
	if f.Citizen != "" && f.Citizen != citizen {
		return false
	}
	return f.Kind.possible(u, operation)
}

// possible keeps a fault of identity to the operation that can carry it, so that
// "the next two requests" are two sign-ins and not a look at the keys.
func (k Kind) possible(u Upstream, operation string) bool {
	switch k {
	case RotatedKey, WithdrawnKey, WrongNonce, WrongAudience, WrongIssuer, ExpiredToken:
		return u == NHSLogin && operation == "token"
	case TokenRevoked:
		return u == ERS
	default:
		return true
	}
}
