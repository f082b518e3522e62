package config

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/patient-care-aggregator/aggregator/internal/staff"
)

// StaffRoles are which roles the values of the provider's claim give, written as
// auditor=count+read,records-team=search+records.
type StaffRoles map[string][]staff.Role

var errStaffRoles = errors.New("must give roles to values of the claim, such as auditor=count+read,records=search+records, of count, read, search and records")

// UnmarshalText reads them.
func (r *StaffRoles) UnmarshalText(text []byte) error {
	out := StaffRoles{}
	for part := range strings.SplitSeq(string(text), ",") {
		value, roles, found := strings.Cut(strings.TrimSpace(part), "=")
		if _, twice := out[value]; !found || value == "" || twice {
			return errStaffRoles
		}
		for name := range strings.SplitSeq(roles, "+") {
			if !slices.Contains(staff.Roles(), staff.Role(name)) {
				return errStaffRoles
			}
			out[value] = append(out[value], staff.Role(name))
		}
	}
	*r = out
	return nil
}

// MarshalText writes what UnmarshalText reads, sorted.
func (r StaffRoles) MarshalText() ([]byte, error) {
	var parts []string
	for value, roles := range r {
		var names []string
		for _, role := range roles {
			names = append(names, string(role))
		}
		parts = append(parts, fmt.Sprintf("%s=%s", value, strings.Join(names, "+")))
	}
	slices.Sort(parts)
	return []byte(strings.Join(parts, ",")), nil
}
