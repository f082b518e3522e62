# `make help` lists what there is; `make check` is what decides.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

GOLANGCI_LINT_VERSION := v2.15.0
OAPI_CODEGEN_VERSION := v2.5.0
BIN := $(CURDIR)/bin

# The program that operators run: without the sandbox (docs/adr/0010), static, and
# without gin's MessagePack codec, which nothing here uses and which is 6 MB.
PRODUCTION_TAGS := production,nomsgpack
BUILD_PRODUCTION := CGO_ENABLED=0 go build -tags $(PRODUCTION_TAGS) -trimpath -ldflags '-s -w'
SIZE_LIMIT := 46000000

# The packages that have a file for one of the two builds only. All other packages
# compile to the same code in both builds, so testing and linting them once is enough.
BUILD_PACKAGES = $(shell grep -rlE '^//go:build !?production$$' --include=*.go . | xargs -n1 dirname | sort -u)

.PHONY: help
help: ## List what can be made
	@echo 'Usage: make TARGET. Before a push: make tools check.'
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | column -t -s "$$(printf '\t')"

.PHONY: check
check: tidy npm browser strace postgres redis lint contract build size test test-on-postgres race ## Everything that must pass before a change lands (CI runs this)

.PHONY: nightly
nightly: ## What takes longer than check: about 30 minutes, one line of summary at the end
	.ci/nightly

.PHONY: build
build: ## Compile and vet both builds; the development build goes to bin/aggregator
	go build -o $(BIN)/aggregator ./cmd/aggregator
	go vet ./...
	go vet -tags $(PRODUCTION_TAGS) ./...

.PHONY: production
production: ## Compile what operators run to bin/aggregator-production
	$(BUILD_PRODUCTION) -o $(BIN)/aggregator-production ./cmd/aggregator

.PHONY: size
size: production ## Check that the production build is not larger than SIZE_LIMIT bytes
	@size=$$(wc -c < $(BIN)/aggregator-production); \
	echo "production build: $$size bytes of at most $(SIZE_LIMIT)"; \
	[ "$$size" -le $(SIZE_LIMIT) ] || { echo 'Too large. "go version -m" lists the modules in it; "make sections" shows what takes the space.'; exit 1; }

.PHONY: sections
sections: ## Show which packages take the space in a production build
	@$(BUILD_PRODUCTION) -ldflags '' -o $(BIN)/aggregator-symbols ./cmd/aggregator
	@go tool nm -size -type $(BIN)/aggregator-symbols | awk '$$3 ~ /^[TtRr]$$/ { name = $$4; path = ""; \
		if (match(name, /^[^(\[]*\//)) { path = substr(name, 1, RLENGTH); name = substr(name, RLENGTH + 1) } \
		split(name, parts, "."); size[path parts[1]] += $$2 } END { for (p in size) print size[p], p }' | sort -rn | sed -n 1,40p

.PHONY: test
test: ## Run all tests, then again those whose code differs in the production build
	go test ./...
	go test -tags $(PRODUCTION_TAGS) $(BUILD_PACKAGES)

.PHONY: test-on-postgres
test-on-postgres: ## Run the tests of the service again, with PostgreSQL in place of SQLite
	PCA_TEST_DATABASE=postgres go test ./tests ./tests/pages

.PHONY: race
race: ## Run the tests of the packages that work concurrently under the race detector
	go test -race -skip PowerCut ./internal/... ./web/... # what those find is not between goroutines

.PHONY: lint
lint: ## Run the linters, the rules on imports included, on both builds
	$(BIN)/golangci-lint run ./...
	$(BIN)/golangci-lint run --build-tags $(PRODUCTION_TAGS) $(BUILD_PACKAGES)

.PHONY: tidy
tidy: ## Check that go.mod and go.sum say exactly what is used
	go mod tidy -diff
	go mod verify

.PHONY: npm
npm: ## Install the independent OpenID Connect client that one test signs in with
	npm ci --prefix internal/sandbox/testdata/openid-client --no-audit --no-fund

.PHONY: browser
browser: ## Install what the browser tests need: chromium (Debian's) and axe-core
	@command -v chromium >/dev/null || { apt-get update && apt-get install --yes --no-install-recommends chromium; }
	npm ci --prefix tests/browser --no-audit --no-fund

.PHONY: strace
strace: ## Install what the tests of power cuts need: strace (Debian's)
	@command -v strace >/dev/null || { apt-get update && apt-get install --yes --no-install-recommends strace; }

.PHONY: postgres
postgres: ## Install what the tests of the PostgreSQL store and of steps need: postgresql and curl (Debian's)
	@ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 && command -v curl >/dev/null || \
	{ apt-get update && apt-get install --yes --no-install-recommends postgresql curl; }

.PHONY: redis
redis: ## Install what the tests of what replicas share need: redis-server (Debian's)
	@command -v redis-server >/dev/null || { apt-get update && apt-get install --yes --no-install-recommends redis-server; }

.PHONY: contract
contract: ## Lint the contract, and make a TypeScript and a Go client of it with the generators' defaults
	npm ci --prefix api/clients --no-audit --no-fund
	cd api/clients && REDOCLY_TELEMETRY=off node_modules/.bin/redocly lint --config redocly.yaml ../openapi.yaml
	cd api/clients && node_modules/.bin/spectral lint --ruleset spectral.yaml ../openapi.yaml
	cd api/clients && node_modules/.bin/openapi-typescript ../openapi.yaml -o typescript/generated.ts && node_modules/.bin/tsc -p typescript
	mkdir -p api/clients/go/generated
	$(BIN)/oapi-codegen-$(OAPI_CODEGEN_VERSION) -package generated api/openapi.yaml > api/clients/go/generated/generated.go
	cd api/clients/go && go vet ./...

GOVULNCHECK_VERSION := v1.1.4

.PHONY: vulnerabilities
vulnerabilities: ## Look for known weaknesses in what is used, where their database can be reached
	@if curl --fail --silent --max-time 10 --output /dev/null "$${GOVULNDB:-https://vuln.go.dev}/index/db.json"; \
	then go run golang.org/x/vuln/cmd/govulncheck@$(GOVULNCHECK_VERSION) ./... ; \
	else echo 'vulnerabilities: NOT LOOKED FOR, the database cannot be reached (GOVULNDB names a mirror)'; fi

.PHONY: bench
bench: ## Run the benchmarks; compare ratios within one run, not times
	go test -run '^$$' -bench . -benchmem ./...

.PHONY: dev
dev: ## Serve on this machine with the local NHS sandbox
	go run ./cmd/aggregator dev

.PHONY: demo
demo: ## Print one made-up citizen's timeline
	go run ./cmd/aggregator demo

.PHONY: tools
tools: $(BIN)/golangci-lint-$(GOLANGCI_LINT_VERSION) $(BIN)/oapi-codegen-$(OAPI_CODEGEN_VERSION) ## Install the linter and the generator that check needs

$(BIN)/oapi-codegen-$(OAPI_CODEGEN_VERSION):
	mkdir -p $(BIN)
	GOBIN=$(BIN) GOFLAGS= go install github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen@$(OAPI_CODEGEN_VERSION)
	mv $(BIN)/oapi-codegen $@

$(BIN)/golangci-lint-$(GOLANGCI_LINT_VERSION):
	mkdir -p $(BIN)
	GOBIN=$(BIN) GOFLAGS= go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_LINT_VERSION)
	touch $@
