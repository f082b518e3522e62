package consent

import (
	"errors"
	"strings"
	"testing"
	"testing/fstest"
)

func TestBundledNotices(t *testing.T) {
	n, err := BundledNotices()
	if err != nil {
		t.Fatal(err)
	}

	t.Run("what citizens were shown is never edited: a change is a new version", func(t *testing.T) {
		released := map[string]string{
			"2026-11-01": "e003c3cc9000af036bbf95f0f5508af0441d4d01cf03bd93c3c94f1c4dc969b7",
		}
		for _, v := range n.versions {
			if want, was := released[v.Version]; was && v.Digest != want {
				t.Errorf("notice %s has digest %s", v.Version, v.Digest)
			}
		}
		if len(n.versions) != len(released) {
			t.Error("add the new version's digest to this test")
		}
	})

	t.Run("the notice in force covers every scope there is", func(t *testing.T) {
		for _, s := range []Scope{TimelineRead, HistoryStore} {
			if _, covered := n.InForce().HoldsSince[s]; !covered {
				t.Errorf("not %s", s)
			}
		}
	})

	t.Run("its text is without the front matter and without HTML", func(t *testing.T) {
		text := n.InForce().Text
		if !strings.HasPrefix(text, "# ") || strings.ContainsAny(text, "<>") {
			t.Errorf("%.40q", text)
		}
	})
}

func TestLoadNotices(t *testing.T) {
	t.Run("finds a version by its name", func(t *testing.T) {
		n := notices(t, v3)
		if v, err := n.Find(v2); err != nil || v.Text != "Text of "+v2+"." {
			t.Errorf("%+v, %v", v, err)
		}
		if _, err := n.Find("2020-01-01"); !errors.Is(err, ErrNoNotice) {
			t.Error(err)
		}
		if n.InForce().Version != v3 {
			t.Error(n.InForce().Version)
		}
	})

	scope := "  \"timeline:read\": \"" + v1 + "\"\n"
	for name, dir := range map[string]fstest.MapFS{
		"none":                         {},
		"no front matter":              {v1 + ".md": {Data: []byte("text")}},
		"an unclosed front matter":     {v1 + ".md": {Data: []byte("---\nversion: x\n")}},
		"an unknown field":             {v1 + ".md": {Data: []byte("---\nverzion: \"" + v1 + "\"\n---\ntext")}},
		"a version that is not a date": {"1.0.md": noticeFile("1.0", scope)},
		"a name of another version":    {v2 + ".md": noticeFile(v1, scope)},
		"no scopes":                    {v1 + ".md": noticeFile(v1, "")},
		"no text":                      {v1 + ".md": {Data: []byte("---\nversion: \"" + v1 + "\"\ntitle: T\nlanguage: en\nscopes:\n" + scope + "---\n \n")}},
		"a scope that holds since a later notice": {v1 + ".md": noticeFile(v1, "  \"timeline:read\": \""+v2+"\"\n"), v2 + ".md": noticeFile(v2, scope)},
		"a scope that holds since no notice":      {v1 + ".md": noticeFile(v1, "  \"timeline:read\": \"2020-01-01\"\n")},
		"a scope that was not asked for then":     {v1 + ".md": noticeFile(v1, scope), v2 + ".md": noticeFile(v2, "  \"history:store\": \""+v1+"\"\n")},
	} {
		t.Run(name+" is refused", func(t *testing.T) {
			if n, err := LoadNotices(dir); err == nil {
				t.Errorf("%+v", n)
			}
		})
	}
}
