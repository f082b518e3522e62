package audit

// Kinds lists every kind of entry, so that whoever filters by one or puts them
// into words can tell a known kind from a misspelt one.
func Kinds() []Kind {
	return []Kind{
		SignedIn, SignInRefused, SignedOut,
		ConsentGranted, ConsentRenewed, ConsentWithdrawn, ConsentExpired, ConsentSuperseded,
		DataReleased, DataNotModified, DataRefused, UpstreamAsked,
		Exported, AuditorRead, SubjectAccess, Erased,
		KeyChanged, ConfigurationKnown, Pruned, HoldPlaced, HoldLifted,
	}
}

// ConsentKinds are the kinds that tell of a consent act.
func ConsentKinds() []Kind {
	return []Kind{ConsentGranted, ConsentRenewed, ConsentWithdrawn, ConsentExpired, ConsentSuperseded}
}

// Outcomes lists every outcome.
func Outcomes() []Outcome { return []Outcome{Succeeded, Refused, Failed} }
