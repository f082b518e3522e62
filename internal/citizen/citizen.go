package citizen

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"unique"
)

// Ref is a citizen's random pseudonym. It identifies the person in every record
// except the registry's own row, and says nothing about them.
type Ref string

// Citizen is one person, known: the pseudonym, the secret NHS number, and a
// secret of their own under which ids shown to them are derived. That secret is
// made once with the pseudonym and never rotates, so the ids stay stable; it
// goes when the citizen is erased, and with it every link from those ids.
type Citizen struct {
	Ref       Ref
	NHSNumber NHSNumber
	idKey     unique.Handle[string] // 32 bytes; a handle, so that printing shows an address
}

// New makes a citizen from stored parts.
func New(ref Ref, number NHSNumber, idKey [32]byte) Citizen {
	return Citizen{Ref: ref, NHSNumber: number, idKey: unique.Make(string(idKey[:]))}
}

// OpaqueID derives the id under which this citizen sees one thing (purpose names
// the kind of thing, such as "referral"). It is stable for the citizen, different
// for everyone else, and cannot be reversed: 22 characters of unpadded base64url.
func (c Citizen) OpaqueID(purpose, value string) string {
	sum := c.KeyedDigest(purpose, []byte(value))
	return base64.RawURLEncoding.EncodeToString(sum[:16])
}

// KeyedDigest is HMAC-SHA-256 under the citizen's own secret, separated by purpose.
// The audit log holds such digests: they prove what was shown while the citizen
// is known here, and prove nothing about any person after erasure.
func (c Citizen) KeyedDigest(purpose string, data []byte) [32]byte {
	mac := hmac.New(sha256.New, []byte(c.idKey.Value()))
	mac.Write([]byte(purpose))
	mac.Write([]byte{0})
	mac.Write(data)
	return [32]byte(mac.Sum(nil))
}
