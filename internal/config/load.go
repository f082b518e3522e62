package config

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/caarlos0/env/v11"
	"github.com/go-playground/validator/v10"

	"github.com/patient-care-aggregator/aggregator/internal/jose"
	"github.com/patient-care-aggregator/aggregator/internal/keys"
	"github.com/patient-care-aggregator/aggregator/internal/redis"
	"github.com/patient-care-aggregator/aggregator/internal/store/location"
)

const prefix = "PCA_"

// secrets can be given as a file.
func secrets() []string {
	return []string{
		"SECRET_KEY", "NHS_LOGIN_PRIVATE_KEY", "API_PLATFORM_PRIVATE_KEY", "RECEIPT_PRIVATE_KEY", "API_PLATFORM_API_KEY", "ODS_API_KEY", "STATUS_API_KEY",
		"STAFF_CLIENT_SECRET", "AUDIT_CHECKPOINT_SINK_TOKEN", "DATABASE_URL", "REDIS_URL",
	}
}

// planned are names of the design that this version does not support yet. They are
// refused with an error of their own: a deployer who sets one relies on it.
func planned() []string {
	return []string{
		"CLIENTS_FILE",
	}
}

// Load reads the configuration from environment entries ("NAME=value", as
// os.Environ returns them). The error joins every fault and repeats no secret.
func Load(environment []string) (Config, error) {
	values, faults := own(environment)
	var c Config
	if err := env.ParseWithOptions(&c, env.Options{Environment: values, Prefix: prefix}); err != nil {
		faults = append(faults, parseFaults(err)...)
	}
	c.Operator = c.Operator.withDefaults(c.Local())
	faults = append(faults, c.check()...)
	if len(faults) > 0 {
		return Config{}, errors.Join(once(faults)...)
	}
	return c, nil
}

// once keeps only the first fault of each setting: the others follow from it.
func once(faults []error) []error {
	reported := map[string]bool{}
	return slices.DeleteFunc(faults, func(fault error) bool {
		name, _, _ := strings.Cut(fault.Error(), ":")
		again := reported[name]
		reported[name] = true
		return again
	})
}

// own returns the PCA_ settings of an environment. A secret that is given as a
// file is read; names that are not known are faults.
func own(environment []string) (map[string]string, []error) {
	var faults []error
	known := names(reflect.TypeFor[Config](), prefix)
	for _, entry := range environment {
		name, _, _ := strings.Cut(entry, "=")
		short, ours := strings.CutPrefix(name, prefix)
		base, isFile := strings.CutSuffix(short, "_FILE")
		switch {
		case !ours || injected(short) || slices.Contains(known, name) || isFile && slices.Contains(secrets(), base):
		case slices.Contains(planned(), short):
			faults = append(faults, fmt.Errorf("%s: not yet supported; remove it", name))
		default:
			faults = append(faults, fmt.Errorf("%s: no such setting; correct or remove it", name))
		}
	}
	values := map[string]string{}
	for _, name := range known {
		value, isSet, err := Lookup(environment, name)
		if err != nil {
			faults = append(faults, err)
			value, isSet = unread, true // so that it is not reported as missing too
		}
		if why := odd(value); isSet && why != "" {
			faults = append(faults, fmt.Errorf("%s: %s", name, why))
		}
		if isSet {
			values[name] = value
		}
	}
	return values, faults
}

// odd is what is around a value and does not belong to it: files and shells leave it
// there, and what the value names is then found by nobody. Empty: nothing.
func odd(value string) string {
	const byteOrderMark = "\ufeff"
	switch {
	case strings.HasPrefix(value, byteOrderMark):
		return "begins with a byte order mark; save the file without one"
	case value != strings.TrimSpace(value):
		return "has blanks or line ends around it; remove them"
	case len(value) > 1 && (value[0] == '"' || value[0] == '\'') && value[len(value)-1] == value[0]:
		return "is in quotes; remove them"
	}
	return ""
}

// unread is in place of a secret whose file cannot be read.
const unread = "unread"

// Lookup returns one setting of an environment, such as PCA_DATABASE_URL, and
// whether it is set. A secret can be given as the file that name_FILE names. It
// is an error to give it in both forms, or a file that cannot be read; the error
// repeats no value.
func Lookup(environment []string, name string) (value string, isSet bool, err error) {
	value, isSet = entry(environment, name)
	if !slices.Contains(secrets(), strings.TrimPrefix(name, prefix)) {
		return value, isSet, nil
	}
	value = strings.TrimSpace(value) // as that of a file is
	file, hasFile := entry(environment, name+"_FILE")
	switch {
	case !hasFile:
		return value, isSet, nil
	case isSet:
		return "", true, fmt.Errorf("%s: given both as a value and as a file; remove one of them", name)
	}
	text, err := os.ReadFile(file) //nolint:gosec // the operator names the file
	if err != nil {
		return "", true, fmt.Errorf("%s_FILE: cannot read the file: %w", name, errors.Unwrap(err))
	}
	return strings.TrimSpace(string(text)), true, nil
}

// entry returns the last value that an environment gives to a name.
func entry(environment []string, name string) (value string, isSet bool) {
	for _, e := range environment {
		if n, v, _ := strings.Cut(e, "="); n == name {
			value, isSet = v, true
		}
	}
	return value, isSet
}

// injected reports whether Kubernetes sets the name for a service called "pca".
func injected(name string) bool {
	return strings.HasPrefix(name, "SERVICE_") || name == "PORT" || strings.HasPrefix(name, "PORT_")
}

func names(t reflect.Type, prefix string) []string {
	var all []string
	for i := range t.NumField() {
		f := t.Field(i)
		if sub, ok := f.Tag.Lookup("envPrefix"); ok {
			all = append(all, names(f.Type, prefix+sub)...)
			continue
		}
		name, _, _ := strings.Cut(f.Tag.Get("env"), ",")
		all = append(all, prefix+name)
	}
	return all
}

// parseFaults puts the library's errors into this package's words: its own repeat
// the value, and a secret may have been set under the wrong name.
func parseFaults(err error) []error {
	var all env.AggregateError
	if !errors.As(err, &all) {
		return []error{errors.New("the environment cannot be read")}
	}
	faults := make([]error, len(all.Errors))
	for i, fault := range all.Errors {
		var unset env.VarIsNotSetError
		var empty env.EmptyVarError
		var wrong env.ParseError
		switch {
		case errors.As(fault, &unset):
			faults[i] = fmt.Errorf("%s: is missing", unset.Key)
		case errors.As(fault, &empty):
			faults[i] = fmt.Errorf("%s: is empty", empty.Key)
		case errors.As(fault, &wrong):
			faults[i] = fmt.Errorf("%s: %s", nameOf(reflect.TypeFor[Config](), prefix, wrong), wanted(wrong.Type))
		default:
			faults[i] = errors.New("a setting has a value of the wrong type")
		}
	}
	return faults
}

// nameOf finds the setting of a field. Fields whose type can be wrong have unique
// names.
func nameOf(t reflect.Type, prefix string, wrong env.ParseError) string {
	for i := range t.NumField() {
		f := t.Field(i)
		if sub, ok := f.Tag.Lookup("envPrefix"); ok {
			if name := nameOf(f.Type, prefix+sub, wrong); name != "" {
				return name
			}
			continue
		}
		if f.Name == wrong.Name && f.Type == wrong.Type {
			name, _, _ := strings.Cut(f.Tag.Get("env"), ",")
			return prefix + name
		}
	}
	return ""
}

func wanted(t reflect.Type) string {
	switch t {
	case reflect.TypeFor[time.Duration]():
		return "must be a duration such as 30m"
	case reflect.TypeFor[slog.Level]():
		return "must be DEBUG, INFO, WARN or ERROR"
	case reflect.TypeFor[Period]():
		return "must be a number of days or years such as 90d or 8y"
	}
	return "does not have the right form"
}

func (c Config) check() []error {
	v := validator.New(validator.WithRequiredStructEnabled())
	v.RegisterTagNameFunc(func(f reflect.StructField) string {
		if sub, ok := f.Tag.Lookup("envPrefix"); ok {
			return strings.TrimSuffix(sub, "_")
		}
		name, _, _ := strings.Cut(f.Tag.Get("env"), ",")
		return name
	})
	rate := regexp.MustCompile(`^([1-9][0-9]{0,8}-[SMHD](,[1-9][0-9]{0,8}-[SMHD])*|off)$`)
	faults := []error{}
	if err := v.RegisterValidation("rate", func(f validator.FieldLevel) bool { return rate.MatchString(f.Field().String()) }); err != nil {
		return append(faults, err)
	}
	single := regexp.MustCompile(`^([1-9][0-9]{0,8}-[SMHD]|off)$`)
	if err := v.RegisterValidation("single_rate", func(f validator.FieldLevel) bool { return single.MatchString(f.Field().String()) }); err != nil {
		return append(faults, err)
	}
	var invalid validator.ValidationErrors
	if err := v.Struct(c); errors.As(err, &invalid) {
		for _, f := range invalid {
			_, path, _ := strings.Cut(f.Namespace(), ".")
			faults = append(faults, fmt.Errorf("%s: %s", prefix+strings.ReplaceAll(path, ".", "_"), explain(f)))
		}
	} else if err != nil {
		faults = append(faults, err)
	}
	if _, err := location.Parse(c.DatabaseURL.Reveal()); err != nil {
		faults = append(faults, fmt.Errorf("%sDATABASE_URL: %w", prefix, err))
	}
	faults = append(faults, c.Operator.check()...)
	faults = append(faults, c.checkAddresses()...)
	faults = append(faults, c.checkListeners()...)
	faults = append(faults, c.checkAudit()...)
	return append(faults, c.checkSecrets()...)
}

func explain(f validator.FieldError) string {
	switch f.Tag() {
	case "required":
		return "is missing"
	case "oneof":
		return "must be one of: " + f.Param()
	case "url":
		return "must be a URL"
	case "hostname_port":
		return "must be an address such as 127.0.0.1:8080"
	case "single_rate":
		return "must be a rate such as 500-M (S, M, H or D), or off"
	case "rate":
		return "must be a rate such as 60-S (S, M, H or D), several with commas between, or off"
	case "min":
		return "must be at least " + f.Param()
	case "max":
		return "must be at most " + f.Param()
	case "dir":
		return "must be a directory that exists"
	}
	return "is not valid (" + f.Tag() + ")"
}

// checkAddresses requires https everywhere except on loopback in a local environment.
func (c Config) checkAddresses() []error {
	var faults []error
	for name, address := range map[string]string{
		"PUBLIC_URL": c.PublicURL, "NHS_LOGIN_ISSUER": c.NHSLogin.Issuer, "API_PLATFORM_TOKEN_URL": c.Platform.TokenURL,
		"ERS_BASE_URL": c.ERSBaseURL, "ODS_BASE_URL": c.ODSBaseURL, "STAFF_ISSUER": c.Staff.Issuer,
	} {
		if address == "" {
			continue
		}
		u, err := url.Parse(address)
		switch {
		case err != nil:
			continue // reported already
		case u.Host == "":
			faults = append(faults, fmt.Errorf("%s%s: must name a host", prefix, name))
		case u.User != nil || u.RawQuery != "" || u.Fragment != "":
			faults = append(faults, fmt.Errorf("%s%s: must have no user, query or fragment", prefix, name))
		case !strings.HasPrefix(address, u.Scheme+"://") || u.Host != strings.ToLower(u.Host):
			faults = append(faults, fmt.Errorf("%s%s: scheme and host must be in lower case", prefix, name))
		case name == "ERS_BASE_URL" && strings.HasSuffix(strings.TrimSuffix(address, "/"), "/FHIR/R4"):
			faults = append(faults, fmt.Errorf("%s%s: must be what precedes /FHIR/R4", prefix, name))
		case strings.HasSuffix(address, "/.well-known/openid-configuration"):
			faults = append(faults, fmt.Errorf("%s%s: must be what precedes /.well-known", prefix, name))
		case strings.HasSuffix(address, "/"):
			faults = append(faults, fmt.Errorf("%s%s: must not end with a slash", prefix, name))
		case name == "PUBLIC_URL" && u.Path != "":
			faults = append(faults, fmt.Errorf("%s%s: must have no path", prefix, name))
		case u.Scheme == "https":
		case u.Scheme != "http" || !c.Local():
			faults = append(faults, fmt.Errorf("%s%s: must be https", prefix, name))
		case !loopback(u.Hostname()):
			faults = append(faults, fmt.Errorf("%s%s: http is permitted on loopback only", prefix, name))
		}
	}
	if c.ODSBaseURL != "" && c.ODSAPIKey.IsZero() {
		faults = append(faults, errors.New(prefix+"ODS_API_KEY: is missing; it is required because PCA_ODS_BASE_URL is set"))
	}
	return sorted(faults)
}

func (c Config) checkSecrets() []error {
	var faults []error
	if text := c.SecretKey.Reveal(); text != "" && text != unread {
		if _, err := keys.Parse([]byte(text)); err != nil {
			faults = append(faults, fmt.Errorf("%sSECRET_KEY: %w", prefix, err))
		}
	}
	for name, k := range map[string]struct {
		pem keys.Secret
		ids []string
	}{
		"NHS_LOGIN_PRIVATE_KEY": {c.NHSLogin.PrivateKey, c.NHSLogin.KeyIDs}, "API_PLATFORM_PRIVATE_KEY": {c.Platform.PrivateKey, c.Platform.KeyIDs},
		"RECEIPT_PRIVATE_KEY": {c.Receipts.PrivateKey, c.Receipts.KeyIDs},
	} {
		if text := k.pem.Reveal(); text != "" && text != unread {
			if _, err := jose.ParseKeys([]byte(text), k.ids); err != nil {
				faults = append(faults, fmt.Errorf("%s%s: %w", prefix, name, err))
			}
		}
	}
	if address := c.RedisURL.Reveal(); address != "" && address != unread {
		if err := redis.CheckURL(address); err != nil {
			faults = append(faults, fmt.Errorf("%sREDIS_URL: %w", prefix, err))
		}
	}
	const shortest = 16
	if key := c.StatusAPIKey.Reveal(); key != "" && utf8.RuneCountInString(key) < shortest {
		faults = append(faults, fmt.Errorf("%sSTATUS_API_KEY: must have at least %d characters", prefix, shortest))
	}
	return sorted(faults)
}

func sorted(faults []error) []error {
	slices.SortFunc(faults, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return faults
}

func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}
