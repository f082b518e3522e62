package redis_test

import (
	"bytes"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/aggregate"
	"github.com/patient-care-aggregator/aggregator/internal/cache"
	cacheredis "github.com/patient-care-aggregator/aggregator/internal/cache/redis"
	"github.com/patient-care-aggregator/aggregator/internal/keys"
	"github.com/patient-care-aggregator/aggregator/internal/redis/redistest"
)

func TestRedisHoldsNothingThatCanBeRead(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	d := deploy(t)
	r := d.replica(server.URL())
	if _, err := r.Get(t.Context(), "ers-01/a-pseudonym", value("a diagnosis")); err != nil {
		t.Fatal(err)
	}
	names := server.Keys()
	if len(names) != 1 || strings.Contains(names[0], "ers") || strings.Contains(names[0], "pseudonym") {
		t.Fatalf("the names are %q", names)
	}
	held, err := server.Client().Get(t.Context(), names[0]).Bytes()
	if err != nil || bytes.Contains(held, []byte("diagnosis")) || bytes.Contains(held, []byte("Fetched")) {
		t.Fatalf("%q, %v", held, err)
	}
	if life := server.Client().PTTL(t.Context(), names[0]).Val(); life <= 0 || life > time.Hour+time.Minute {
		t.Errorf("it is kept for %v", life)
	}
}

func TestBytesThatWereNotSealedForTheKeyAreNotFound(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	d := deploy(t)
	r := d.replica(server.URL())
	name := func() string {
		t.Helper()
		names := server.Keys()
		if len(names) != 1 {
			t.Fatalf("the names are %q", names)
		}
		return names[0]
	}
	// The value of another key, and one that another ring sealed.
	if _, err := r.Get(t.Context(), "other", value("another person's")); err != nil {
		t.Fatal(err)
	}
	others := server.Client().Get(t.Context(), name()).Val()
	server.Flush()
	stranger := deploy(t)
	if _, err := stranger.replica(server.URL()).Get(t.Context(), "k", value("a stranger's")); err != nil {
		t.Fatal(err)
	}
	strangers := server.Client().Get(t.Context(), name()).Val()
	server.Flush()
	if _, err := r.Get(t.Context(), "k", value("own")); err != nil {
		t.Fatal(err)
	}
	own := server.Client().Get(t.Context(), name()).Val()
	for what, held := range map[string]string{
		"another key's": others, "another ring's": strangers, "nothing": "", "no seal": "{}", "cut": own[:len(own)-1],
		"changed": own[:len(own)-1] + string(own[len(own)-1]^1),
	} {
		if err := server.Client().Set(t.Context(), name(), held, 0).Err(); err != nil {
			t.Fatal(err)
		}
		before := r.events(cacheredis.Unreadable)
		r.has(t, "")
		if r.events(cacheredis.Unreadable) == before {
			t.Errorf("%s: the metrics do not tell it", what)
		}
	}
	if got, err := r.Get(t.Context(), "k", value("again")); err != nil || got.Value != "again" {
		t.Errorf("%+v, %v", got, err)
	}
	// A name that holds another kind of thing is as a Redis that was not reached.
	at := name()
	server.Flush()
	server.Client().LPush(t.Context(), at, "x")
	r.has(t, "")
	if got, err := r.Get(t.Context(), "k", value("again")); err != nil || got.Value != "again" {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestVersionsOfTheProgramReadNothingOfEachOther(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	d := deploy(t)
	one, next := d.replica(server.URL()), d.replica(server.URL(), func(d *cacheredis.Deps) { d.Version = "2" })
	if _, err := one.Get(t.Context(), "k", value("a")); err != nil {
		t.Fatal(err)
	}
	next.has(t, "")
}

func TestAShapeOfTwoFieldsIsNotReadAsOneOfThree(t *testing.T) {
	t.Parallel()
	type thing struct{ Name string }
	before := thing{"a"}
	server := redistest.Start(t)
	d := deploy(t)
	var deps cacheredis.Deps
	d.replica(server.URL(), func(made *cacheredis.Deps) { deps = *made })
	now := d.clock.Now()
	one := cacheredis.New[thing](deps)
	one.Set(t.Context(), "k", cache.Item[thing]{Value: before, FetchedAt: now, FreshUntil: now.Add(time.Minute), KeepUntil: now.Add(time.Minute)})
	if got, ok := cacheredis.New[thing](deps).Get(t.Context(), "k"); !ok || got.Value != before || !got.FetchedAt.Equal(now) {
		t.Errorf("%+v, %t", got, ok)
	}
	{
		type thing struct {
			Name    string
			Partial bool
		}
		if got, ok := cacheredis.New[thing](deps).Get(t.Context(), "k"); ok {
			t.Errorf("%+v", got)
		}
	}
}

func TestARingThatChangedDeletesWhatTheOldOneKept(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	d := deploy(t)
	before := d.replica(server.URL())
	if _, err := before.Get(t.Context(), "k", value("a")); err != nil {
		t.Fatal(err)
	}
	d.ring = keys.Generate("2") + d.ring
	d.replica(server.URL()).Purge("k")
	before.has(t, "")
}

// What is kept in Redis goes through JSON: a field without a capital letter would be
// lost there.
func TestWhatReplicasShareComesOutAsItWentIn(t *testing.T) {
	t.Parallel()
	seen := map[reflect.Type]bool{}
	var look func(path string, of reflect.Type)
	look = func(path string, of reflect.Type) {
		if seen[of] || of == reflect.TypeFor[time.Time]() {
			return
		}
		seen[of] = true
		switch of.Kind() {
		case reflect.Pointer, reflect.Slice, reflect.Array:
			look(path, of.Elem())
		case reflect.Map:
			look(path, of.Key())
			look(path, of.Elem())
		case reflect.Struct:
			for i := range of.NumField() {
				if f := of.Field(i); !f.IsExported() {
					t.Errorf("%s.%s would be lost", path, f.Name)
				} else {
					look(path+"."+f.Name, f.Type)
				}
			}
		case reflect.Interface, reflect.Func, reflect.Chan:
			t.Errorf("%s cannot be read back", path)
		}
	}
	look("Reading", reflect.TypeFor[aggregate.Reading]())
	look("Try", reflect.TypeFor[aggregate.Try]())
}
