package patientcare

import (
	"reflect"
	"strings"
	"testing"
	"time"
)

// TestWhatIsReadIsCompared: of two copies of one version one is shown, whichever came
// first. A field that the comparison cannot see would leave that to their order.
func TestWhatIsReadIsCompared(t *testing.T) {
	seen := map[reflect.Type]bool{}
	var hidden []string
	var walk func(reflect.Type, string)
	walk = func(typ reflect.Type, path string) {
		switch typ.Kind() {
		case reflect.Pointer, reflect.Slice:
			walk(typ.Elem(), path)
		case reflect.Struct:
			if seen[typ] || typ == reflect.TypeFor[time.Time]() {
				return
			}
			seen[typ] = true
			for i := range typ.NumField() {
				f := typ.Field(i)
				at := path + "." + f.Name
				if !f.IsExported() {
					hidden = append(hidden, at)
				}
				walk(f.Type, at)
			}
		}
	}
	for _, content := range []any{(&foundReferral{serviceRequest: &serviceRequest{}}).Content(), (&appointment{}).Content(), (&task{}).Content()} {
		walk(reflect.TypeOf(content), reflect.TypeOf(content).String())
	}
	if len(hidden) > 0 || len(seen) < 5 {
		t.Errorf("not compared: %s (of %d types)", strings.Join(hidden, ", "), len(seen))
	}
}
