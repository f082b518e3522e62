package staff

import "slices"

// Role is what a member of staff may do. None includes another.
type Role string

// The roles. A new one needs Roles and PCA_STAFF_ROLES in README.md.
const (
	Count   Role = "count"   // statistics, checkpoints and proofs: nothing about a person
	Read    Role = "read"    // entries and consent acts, under the ids of lists
	Search  Role = "search"  // look one citizen up by NHS number
	Records Role = "records" // act about people and the log
)

// Roles are all roles.
func Roles() []Role { return []Role{Count, Read, Search, Records} }

// rolesOf are the roles that the values of a claim give, each once, in the order of [Roles].
func rolesOf(claim []string, given map[string][]Role) []Role {
	var out []Role
	for _, r := range Roles() {
		if slices.ContainsFunc(claim, func(value string) bool { return slices.Contains(given[value], r) }) {
			out = append(out, r)
		}
	}
	return out
}
