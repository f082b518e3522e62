package redis

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net/url"

	goredis "github.com/redis/go-redis/v9"
)

// ErrURL says that an address of a Redis cannot be used. It repeats nothing of it, for
// it may hold a password: correct the setting.
var ErrURL = errors.New("must be rediss://[USER:PASSWORD@]HOST[:PORT][/NUMBER], the same with redis, or unix:///PATH[?db=NUMBER]")

// parse reads an address. Of what it could set beside the place, only the number of
// the database is taken: how long Redis may take is decided here.
func parse(address string) (*goredis.Options, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, ErrURL
	}
	query := u.Query()
	query.Del("db")
	if len(query) > 0 || u.Fragment != "" || u.Scheme != "unix" && u.Hostname() == "" {
		return nil, ErrURL
	}
	o, err := goredis.ParseURL(address)
	if err != nil {
		return nil, ErrURL
	}
	if o.TLSConfig != nil {
		o.TLSConfig.MinVersion = tls.VersionTLS12
	}
	return o, nil
}

// CheckURL returns ErrURL where an address cannot be used. Nothing is asked.
func CheckURL(address string) error {
	_, err := parse(address)
	return err
}

// Place is where a Redis is, without what opens it; empty when the address cannot be
// used.
func Place(address string) string {
	o, err := parse(address)
	if err != nil {
		return ""
	}
	return fmt.Sprintf("%s/%d", o.Addr, o.DB)
}

// Encrypted reports whether nobody between this machine and Redis can read or change
// what is sent: by TLS, or because nothing leaves the machine.
func Encrypted(address string, loopback func(host string) bool) bool {
	u, err := url.Parse(address)
	return err == nil && (u.Scheme == "rediss" || u.Scheme == "unix" || loopback(u.Hostname()))
}
