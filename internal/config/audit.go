package config

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// checkAudit checks the settings of the auditors' side that depend on each other.
func (c Config) checkAudit() []error {
	var faults []error
	s := c.Staff
	if s.Issuer != "" || s.ClientID != "" || !s.ClientSecret.IsZero() {
		for name, missing := range map[string]bool{
			"ISSUER": s.Issuer == "", "CLIENT_ID": s.ClientID == "", "CLIENT_SECRET": s.ClientSecret.IsZero(),
		} {
			if missing {
				faults = append(faults, fmt.Errorf("%sSTAFF_%s: is missing; it is required because another PCA_STAFF_ setting is set", prefix, name))
			}
		}
	}
	if strings.Contains(c.CheckpointSink, "://") {
		if u, err := url.Parse(c.CheckpointSink); err != nil || u.Scheme != "https" || u.Host == "" {
			faults = append(faults, errors.New(prefix+"AUDIT_CHECKPOINT_SINK: must be a file, or an https address"))
		}
	}
	if _, ok := c.database().PostgreSQL(); ok { // no file is kept next to it
		for name, missing := range map[string]bool{"KEY_FILE": c.CheckpointKeyFile == "", "SINK": c.CheckpointSink == ""} {
			if missing {
				faults = append(faults, fmt.Errorf("%sAUDIT_CHECKPOINT_%s: is missing; it is required because the database is PostgreSQL", prefix, name))
			}
		}
	}
	if !c.CheckpointSinkToken.IsZero() && !strings.HasPrefix(c.CheckpointSink, "https://") {
		faults = append(faults, errors.New(prefix+"AUDIT_CHECKPOINT_SINK_TOKEN: is of no use, because PCA_AUDIT_CHECKPOINT_SINK is not an https address"))
	}
	for name, p := range map[string]struct{ is, least Period }{
		"CORRELATION": {c.Retention.Correlation, Period{Days: 1}}, "LOG": {c.Retention.Log, Period{Years: 1}},
		"HISTORY": {c.Retention.History, Period{Days: 30}},
	} {
		if p.is.days() < p.least.days() {
			faults = append(faults, fmt.Errorf("%sRETENTION_%s: must be at least %s", prefix, name, p.least))
		}
	}
	if c.Retention.Log.days() < c.Retention.Correlation.days() {
		faults = append(faults, errors.New(prefix+"RETENTION_LOG: must not be shorter than PCA_RETENTION_CORRELATION"))
	}
	return sorted(faults)
}
