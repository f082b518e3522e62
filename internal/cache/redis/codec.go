package redis

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/cache"
)

const (
	purposeName = "redis-name"
	purposeSeal = "redis-value"
)

// names are where one key is kept in Redis. The braces keep them on one node of a
// cluster.
type names struct{ value, load, refresh string }

// namesOf are the names of a key under every key of the ring, the active one's first: a
// replica that started earlier may use another.
func (b *Backend[T]) namesOf(key string) []names {
	macs := b.d.Ring.MACs(purposeName, []byte(b.scope+key))
	all := make([]names, len(macs))
	for i, mac := range macs {
		at := "pca:{" + base64.RawURLEncoding.EncodeToString(mac.Sum[:]) + "}:"
		all[i] = names{value: at + "value", load: at + "load", refresh: at + "refresh"}
	}
	return all
}

// sealed is what of an item is sealed.
type sealed[T any] struct {
	Value      T
	FetchedAt  time.Time
	FreshUntil time.Time
	KeepUntil  time.Time
}

func (b *Backend[T]) seal(name string, item cache.Item[T]) ([]byte, error) {
	plain, err := json.Marshal(sealed[T](item))
	if err != nil {
		return nil, fmt.Errorf("encode for Redis: %w", err)
	}
	return b.d.Ring.Seal(purposeSeal, plain, []byte(name)), nil
}

func (b *Backend[T]) open(name string, box []byte) (cache.Item[T], error) {
	plain, err := b.d.Ring.Open(purposeSeal, box, []byte(name))
	if err != nil {
		return cache.Item[T]{}, fmt.Errorf("open what Redis has: %w", err)
	}
	var item sealed[T]
	if err := json.Unmarshal(plain, &item); err != nil {
		return cache.Item[T]{}, fmt.Errorf("decode what Redis has: %w", err)
	}
	return cache.Item[T](item), nil
}

// shape is a digest of what a type is made of, as far as it is encoded.
func shape(t reflect.Type) string {
	var text strings.Builder
	describe(&text, t, map[reflect.Type]bool{})
	sum := sha256.Sum256([]byte(text.String()))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

func describe(text *strings.Builder, t reflect.Type, seen map[reflect.Type]bool) {
	text.WriteString(t.String() + " " + t.Kind().String() + "(")
	defer text.WriteString(")")
	if seen[t] {
		return
	}
	seen[t] = true
	switch t.Kind() { //nolint:exhaustive // the others are made of nothing
	case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Map:
		if t.Kind() == reflect.Map {
			describe(text, t.Key(), seen)
		}
		describe(text, t.Elem(), seen)
	case reflect.Struct:
		for i := range t.NumField() {
			if f := t.Field(i); f.IsExported() {
				text.WriteString(f.Name + " " + string(f.Tag) + " ")
				describe(text, f.Type, seen)
			}
		}
	}
}
