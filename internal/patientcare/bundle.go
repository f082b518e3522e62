package patientcare

import "encoding/json"

// bundle is A001's answer. Each entry's resource is read by itself, so that one
// that cannot be read costs itself.
type bundle struct {
	ResourceType string  `json:"resourceType"`
	Type         string  `json:"type"`
	Total        *int    `json:"total"`
	Link         []link  `json:"link"`
	Entry        []entry `json:"entry"`
}

type link struct {
	Relation string `json:"relation"`
}

type entry struct {
	FullURL  string   `json:"fullUrl"`
	Resource resource `json:"resource"`
}

// resource is what one entry holds: one of the four that are read, or only its
// kind where it is another one; no kind where the entry holds no resource.
type resource struct {
	kind        string
	referral    *serviceRequest
	appointment *appointment
	task        *task
	outcome     *outcome
}

// The kinds of resource that are read.
const (
	kindReferral    = "ServiceRequest"
	kindAppointment = "Appointment"
	kindTask        = "Task"
	kindOutcome     = "OperationOutcome"
)

// UnmarshalJSON implements json.Unmarshaler. It never fails, and reads each
// resource once, where it stands. What has a kind is an object, and an object can
// always be read, however much of it is lost.
func (r *resource) UnmarshalJSON(text []byte) error {
	*r = resource{kind: kindOf(text)}
	switch r.kind {
	case kindReferral:
		r.referral = new(serviceRequest)
		r.referral.lost, _ = read(text, r.referral)
	case kindAppointment:
		r.appointment = new(appointment)
		r.appointment.lost, _ = read(text, r.appointment)
	case kindTask:
		r.task = new(task)
		r.task.lost, _ = read(text, r.task)
	case kindOutcome:
		r.outcome = new(outcome)
		_, _ = read(text, r.outcome)
	}
	return nil
}

// decodeBundle decodes the whole answer.
func decodeBundle(body []byte) (bundle, error) {
	var b bundle
	_, ok := read(body, &b)
	switch {
	case !ok:
		return bundle{}, unusable("referrals are not a Bundle", shapeOf(body))
	case b.ResourceType != "Bundle" || (b.Type != "" && b.Type != "searchset"):
		return bundle{}, unusable("referrals are not a searchset Bundle", nil)
	case len(b.Entry) > maxEntries:
		return bundle{}, unusable("referrals are more than can be read", nil)
	}
	return b, nil
}

// shapeOf gives the error of decoding, whose own text could quote the answer.
func shapeOf(body []byte) error {
	var whatever json.RawMessage
	return json.Unmarshal(body, &whatever)
}
