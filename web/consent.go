package web

// Consent is the page on which a citizen decides who may see what.
type Consent struct {
	ReturnTo string // an own path, where the citizen came from
	// GoOn links ReturnTo at the top: there is nothing left to decide for it.
	GoOn bool
	// Asking: somebody waits for the citizen to agree; the notice then comes first.
	Asking  bool
	Trouble Trouble
	Notice  Notice
	Clients []ConsentClient
}

func (Consent) template() string { return "consent.html" }

// Trouble is why what the citizen sent was not done.
type Trouble string

// The troubles.
const (
	NoTrouble      Trouble = ""
	NothingTicked  Trouble = "nothing_ticked"
	NoticeOutdated Trouble = "notice_outdated" // the notice changed between reading and agreeing
)

// Ticked reports whether the citizen ticked nothing.
func (t Trouble) Ticked() bool { return t == NothingTicked }

// Outdated reports whether the notice changed.
func (t Trouble) Outdated() bool { return t == NoticeOutdated }

// ConsentClient is one app or website and what the citizen shares with it.
type ConsentClient struct {
	ID, Name string
	// Anchor is the id of its part of the page.
	Anchor string
	Own    bool // this service's own pages
	// Shared is what it may see now, since and until the days named.
	Shared       []Scope
	Since, Until string
	ConsentID    string // what stopping ends; empty: nothing is shared
	// Ended says how sharing ended, if it did: "stopped", "suspended", "expired", "changed".
	Ended, EndedOn string
	// Open is what the citizen could agree to as well.
	Open []Scope
}

// Scope is one thing that a citizen can allow, in words.
type Scope struct {
	Name  string // as the contract writes it, such as timeline:read
	Title string
	Hint  string
}

// NewScope puts a scope into words; own means that it is for this service's pages.
func NewScope(name string, own bool) Scope {
	who := "The app can"
	if own {
		who = "We can"
	}
	switch name {
	case "timeline:read":
		return Scope{name, "Show my referrals and appointments", who + " show you where your referrals are, what happens next and when your appointments are."}
	case "history:store":
		return Scope{name, "Keep track of what changed", "We note when a referral or appointment changed, so that you can see what is new."}
	}
	return Scope{Name: name, Title: name, Hint: "The notice on this page says what this is."}
}
