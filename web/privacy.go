package web

// Privacy is the page of one version of the privacy notice.
type Privacy struct {
	Notice Notice
	// InForce: this is the version that citizens are asked under now.
	InForce bool
}

func (Privacy) template() string { return "privacy.html" }
