package web

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"path"
	"strings"
)

//go:embed assets/*
var assetFiles embed.FS

// assetRoot is where httpapi serves assets.
const assetRoot = "/assets/"

// Asset is one file that pages link. It never changes under its name.
type Asset struct {
	ContentType string
	Content     []byte
}

type assets struct {
	byName map[string]Asset  // by hashed name, such as site.0a1b2c3d.css
	paths  map[string]string // by own name: where it is served
}

// Asset returns a file by its hashed name, without the folder.
func (p *Pages) Asset(name string) (Asset, bool) {
	a, ok := p.assets.byName[name]
	return a, ok
}

func loadAssets() (assets, error) {
	a := assets{byName: map[string]Asset{}, paths: map[string]string{}}
	names, err := fs.Glob(assetFiles, "assets/*")
	if err != nil {
		return a, fmt.Errorf("find assets: %w", err)
	}
	for _, name := range names {
		content, err := assetFiles.ReadFile(name)
		if err != nil {
			return a, fmt.Errorf("read asset: %w", err)
		}
		kind, known := contentType(name)
		if !known {
			return a, fmt.Errorf("asset %s: no content type is known for it", name)
		}
		sum := sha256.Sum256(content)
		const enough = 8
		own, ext := path.Base(name), path.Ext(name)
		hashed := strings.TrimSuffix(own, ext) + "." + hex.EncodeToString(sum[:enough]) + ext
		a.byName[hashed] = Asset{ContentType: kind, Content: content}
		a.paths[own] = assetRoot + hashed
	}
	return a, nil
}

func contentType(name string) (string, bool) {
	switch path.Ext(name) {
	case ".css":
		return "text/css; charset=utf-8", true
	case ".svg":
		return "image/svg+xml", true
	}
	return "", false
}
