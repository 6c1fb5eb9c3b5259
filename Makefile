# Lianmai: `make demo` shows it at work, `make test` tests it. Both install what
# is missing first. `make help` lists the rest.

SHELL := /bin/sh
ENV = eval "$$(scripts/env.sh)";
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS = -X main.version=$(VERSION)

.PHONY: help deps env build demo test race lint proto bench bench-quality bench-live bench-latency soak transitions faults sync chaos api-load golden clean

help: ## list the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## / { printf "  %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

deps: ## install what is missing (FFmpeg 7, x264, libyuv; for tests ffmpeg and nginx-rtmp)
	@scripts/deps.sh

env: ## print the variables for plain go commands: eval "$$(make -s env)"
	@scripts/env.sh

build: deps ## build bin/lianmai
	@mkdir -p bin
	@$(ENV) go build -trimpath -ldflags '$(LDFLAGS)' -o bin/lianmai ./cmd/lianmai
# A copy, as users have it: Linux may keep what a linker wrote in pieces of 2 MB, and each that is touched counts as memory.
	@cp bin/lianmai bin/lianmai.copy && mv bin/lianmai.copy bin/lianmai

demo: build ## run six participants through one mix and look at the result
	@bin/lianmai demo $(DEMO_FLAGS)

# One package after another: some tests judge live streams, and a compiler beside
# them would make the machine too slow for that. What e2e tests is a program, not a
# package, so its results are never taken from the cache.
test: deps ## run every test
	@$(ENV) go build ./... && \
	  go test -p 1 -timeout 15m $$(go list ./... | grep -v /e2e$$) && \
	  go test -timeout 15m -count=1 ./e2e

race: deps ## run every test but the live ones under the race detector
	@$(ENV) go test -race -timeout 30m $$(go list ./... | grep -v /e2e$$)

bench: build ## CPU, memory and quality against ffmpeg, into docs/benchmarks.md (BENCH_INPUTS=DIR takes your clips)
	@$(ENV) go run ./bench $(BENCH_FLAGS)

bench-quality: build ## CPU, quality and bitrate of encoder settings, into docs/benchmarks.md
	@$(ENV) go run ./bench -quality -n 3 $(BENCH_FLAGS)

LIVE ?= 60s
LIVE_FROM ?= 1
LIVE_OUT ?= docs
bench-live: build ## how many live mixes run at once, against ffmpeg, and their delay; looks LIVE=60s at each number from LIVE_FROM=1 up
	@mkdir -p $(LIVE_OUT)
	@$(ENV) go test ./e2e -count=1 -timeout 6h -v -run TestLiveMixesAtOnce -live $(LIVE) -live-from $(LIVE_FROM) \
	  -live-out $(abspath $(LIVE_OUT)) $(if $(BENCH_INPUTS),-live-inputs $(abspath $(BENCH_INPUTS))) $(LIVE_FLAGS)
	@$(ENV) go run ./bench -draw -out $(LIVE_OUT)

SOAK ?= 10m
soak: build ## one live mix of six 720p30 streams for SOAK=10m (SOAK_INPUTS=DIR takes your clips)
	@$(ENV) go test ./e2e -count=1 -timeout 3h -v -run TestSoak -soak $(SOAK) $(if $(SOAK_INPUTS),-soak-inputs $(abspath $(SOAK_INPUTS)))

TRANSITIONS ?= 1m
transitions: build ## one live mix whose six tiles move all the time, for TRANSITIONS=1m: missed ticks
	@$(ENV) go test ./e2e -count=1 -timeout 1h -v -run TestTransitionsMissNoTick -transitions $(TRANSITIONS) $(if $(SOAK_INPUTS),-soak-inputs $(abspath $(SOAK_INPUTS)))

LATENCY ?= 30s
bench-latency: build ## the delay that a live mix adds to clean local 720p30 inputs, over LATENCY=30s
	@$(ENV) go test ./e2e -count=1 -timeout 1h -v -run TestLatency -latency $(LATENCY)

CHAOS ?= 1000
chaos: build ## random API calls with random kills, CHAOS=1000 rounds: nothing acknowledged is lost
	@$(ENV) go test ./e2e -count=1 -timeout 1h -v -run TestChaos -chaos $(CHAOS) $(if $(SEED),-chaos-seed $(SEED))

APILOAD ?= 60s
api-load: build ## 200 API calls a second for APILOAD=60s while two mixes run: late ticks. Leave the machine alone meanwhile
	@$(ENV) go test ./e2e -count=1 -timeout 1h -v -run TestCallsDisturbNoTick -api-load $(APILOAD)

FAULTS ?= 20m
faults: build ## the whole list of input faults in a loop, FAULTS=20m of it on the virtual clock: gaps, memory
	@$(ENV) go test ./mixer -count=1 -timeout 6h -v -run TestFaultsInALoop -faults $(FAULTS)

sync: build ## lip sync over an hour of ±200 ppm drift and all weathers, on the virtual clock
	@$(ENV) go test ./mixer -count=1 -timeout 1h -v -run TestLipsStayInSync -long

golden: deps ## draw the golden pictures anew; look at the difference before you commit
	@$(ENV) go test ./compose ./mixer ./preview -update

lint: deps ## gofmt, go vet, staticcheck, shellcheck, buf lint and breaking, govulncheck
	@scripts/lint.sh

proto: ## remake what is generated from the API's protos: Go, OpenAPI, docs/api.md
	@scripts/proto.sh

clean: ## remove what was built here (the FFmpeg build stays in the cache folder)
	rm -rf bin
