# `make help` lists what there is; `make check` is what decides.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

GOLANGCI_LINT_VERSION := v2.15.0
BIN := $(CURDIR)/bin

.PHONY: help
help: ## Say what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | column -t -s "$$(printf '\t')"

.PHONY: check
check: tidy npm browser lint build test race ## Everything that must pass before a change lands

.PHONY: build
build: ## Compile everything
	go build -o $(BIN)/aggregator ./cmd/aggregator
	go vet ./...

.PHONY: test
test: ## The README's test command
	go test ./...

.PHONY: race
race: ## The rooms that work side by side, under the race detector
	go test -race ./internal/... ./web/...

.PHONY: lint
lint: ## The rules of the house, one-way arrows included
	$(BIN)/golangci-lint run ./...

.PHONY: tidy
tidy: ## go.mod and go.sum say exactly what is used
	go mod tidy -diff
	go mod verify

.PHONY: npm
npm: ## Install the independent OpenID Connect client that one test signs in with
	npm ci --prefix internal/sandbox/testdata/openid-client --no-audit --no-fund

.PHONY: browser
browser: ## Install what the browser tests need: chromium (Debian's) and axe-core
	@command -v chromium >/dev/null || { apt-get update && apt-get install --yes --no-install-recommends chromium; }
	npm ci --prefix tests/browser --no-audit --no-fund

.PHONY: bench
bench: ## Benchmarks; ratios against a bare counterpart of the same run count, not times
	go test -run '^$$' -bench . -benchmem ./...

.PHONY: dev
dev: ## Serve on this machine with a local NHS sandbox
	go run ./cmd/aggregator dev

.PHONY: demo
demo: ## Print one made-up citizen's timeline
	go run ./cmd/aggregator demo

.PHONY: tools
tools: $(BIN)/golangci-lint-$(GOLANGCI_LINT_VERSION) ## Install what check needs

$(BIN)/golangci-lint-$(GOLANGCI_LINT_VERSION):
	mkdir -p $(BIN)
	GOBIN=$(BIN) GOFLAGS= go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_LINT_VERSION)
	touch $@
