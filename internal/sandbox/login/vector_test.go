package login

import "testing"

func TestVTRIsReadStrictly(t *testing.T) {
	for _, text := range []string{``, `["P9.Cp.Cd","P9.Cp.Ck","P9.Cm"]`, `["P0.Cp"]`, `["P5.Cp.Cd"]`} {
		if _, err := parseVTR(text); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
	for _, text := range []string{`[]`, `{}`, `"P9.Cm"`, `[1]`, `["Cp"]`, `["P9"]`, `["P9.P5.Cp"]`, `["P9.Cp "]`, `["p9.cp"]`, `null`} {
		if _, err := parseVTR(text); err == nil {
			t.Errorf("%s is accepted", text)
		}
	}
}

func TestStrengthRisesWithProofingAndCredential(t *testing.T) {
	last := -1
	for _, text := range []string{"P0.Cp", "P5.Cp", "P5.Cp.Cd", "P5.Cp.Ck", "P5.Cm", "P9.Cp", "P9.Cp.Cd", "P9.Cp.Ck", "P9.Cm"} {
		v, err := parseVector(text)
		if err != nil {
			t.Fatal(err)
		}
		if v.strength() <= last {
			t.Errorf("%s is not stronger than the one before", text)
		}
		last = v.strength()
	}
}
