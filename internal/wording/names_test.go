package wording_test

import (
	"testing"

	"github.com/patient-care-aggregator/aggregator/internal/referral"
	"github.com/patient-care-aggregator/aggregator/internal/wording"
	"github.com/patient-care-aggregator/aggregator/valuesets"
)

func TestNamesAsPeopleReadThem(t *testing.T) {
	set, err := wording.Load(valuesets.FS(), wording.AllDrafts())
	if err != nil {
		t.Fatal(err)
	}
	for raw, want := range map[string]string{
		"CWM TAF MORGANNWG UNIVERSITY HEALTH BOARD": "Cwm Taf Morgannwg University Health Board",
		"PWLL SURGERY":              "Pwll Surgery",
		"TY RHWS":                   "Ty Rhws",
		"CANOLFAN DRWS Y CWM":       "Canolfan Drws Y Cwm",
		"HMP & YOI STYAL":           "HMP & YOI Styal",
		"LEEDS OOH WIC":             "Leeds OOH WIC",
		"ADHD CLINIC IOW":           "ADHD Clinic IOW",
		"PARK HEALTH CTR":           "Park Health Centre",
		"NHS SWL":                   "NHS SWL",
		"HENRY VIII CLINIC":         "Henry VIII Clinic",
		"ST JAMES'S HOSPITAL":       "St James's Hospital",
		"BCPFT":                     "Bcpft",
		"Chosen by Somebody (CWMX)": "Chosen by Somebody (CWMX)",
	} {
		if got := set.OrganisationName(raw); got != want {
			t.Errorf("%s became %s, want %s", raw, got, want)
		}
	}
	for raw, want := range map[string]string{
		"Cardiology Directly/Indirectly Bookable Service": "Cardiology",
		"DERMATOLOGY INDIRECTLY BOOKABLE SERVICE - LEEDS": "Dermatology - Leeds",
		"MRI Direct Access":         "MRI",
		"Directly Bookable Service": "Directly Bookable Service",
		"Indirect Accessories":      "Indirect Accessories",
		"Physiotherapy directly bookable service - St Mary's Ctr": "Physiotherapy - St Mary's Ctr",
	} {
		got := set.ServiceName(raw)
		if got != want {
			t.Errorf("%s became %s, want %s", raw, got, want)
		}
		if again := set.ServiceName(got); again != got {
			t.Errorf("%s became %s on a second turn", got, again)
		}
	}
	if code, _, known := set.Specialty(&referral.Coding{Display: "GI and Liver (Medicine and Surgery)"}); !known || code != "GI_AND_LIVER" {
		t.Errorf("GI and Liver is %q", code)
	}
}

func TestPhoneNumbersAreGrouped(t *testing.T) {
	for raw, want := range map[string]string{
		"01632 960200": "01632 960 200", "01632960200": "01632 960 200", "+44 (0)1632 960200": "01632 960 200",
		"02079460000": "020 7946 0000", "0113 4960001": "0113 496 0001", "0161-496-0000": "0161 496 0000",
		"07700900123": "07700 900 123", "03001231234": "0300 123 1234", "08081570000": "0808 157 0000",
		"111": "111", "0169772222": "0169772222", "+353 1 234 5678": "+353 1 234 5678",
	} {
		if got := wording.PhoneNumber(raw); got == nil || *got != want {
			t.Errorf("%s became %v, want %s", raw, got, want)
		}
	}
}

func TestANumberThatReachesSomebodyElseIsNone(t *testing.T) {
	for _, raw := range []string{
		"", "1632960465", "960 200", "496 0001", "2", "01632 9602", "01632 960 200 1", "+44", "01632 960 200 ext 3", "0113+4960001", "2079460000",
		"01632 960 200 / 201", "x", "++441632960200", "+1234567",
	} {
		if got := wording.PhoneNumber(raw); got != nil {
			t.Errorf("%q became %s", raw, *got)
		}
	}
}
