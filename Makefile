# oci-run: build, install, test. `make help` lists the targets.
PREFIX ?= /usr/local
CONFIGURATION := Release
export DOTNET_CLI_TELEMETRY_OPTOUT := 1
export DOTNET_NOLOGO := 1
export MSBUILDDISABLENODEREUSE := 1
export DOTNET_CLI_USE_MSBUILD_SERVER := 0

SOURCES := $(shell find src -name '*.cs' -o -name '*.csproj' -o -name '*.props' -o -path 'src/Cli/Link/*') global.json

.PHONY: all deps lint build-tests install demo test test-hostile test-unit test-root update-snapshots clean help bench bench-check bench-record test-vm test-engines conformance mutants

all: bin/oci-run ## build bin/oci-run

bin/oci-run: $(SOURCES)
	tests/deps
	dotnet publish src/Cli/Cli.csproj -c $(CONFIGURATION) -o artifacts/publish --nologo -v quiet
	mkdir -p bin
	install -m 0755 artifacts/publish/oci-run bin/oci-run
	if [ -e artifacts/publish/oci-run.dbg ]; then install -m 0644 artifacts/publish/oci-run.dbg bin/oci-run.dbg; fi

deps: ## install the Debian packages that building and testing need
	tests/deps

install: bin/oci-run ## install to PREFIX (default /usr/local)
	install -D -m 0755 bin/oci-run $(DESTDIR)$(PREFIX)/bin/oci-run
	install -D -m 0644 src/man/oci-run.8 $(DESTDIR)$(PREFIX)/share/man/man8/oci-run.8

demo: ## show containers at work (root); first installs and builds what that needs
	tests/Demo/demo

build-tests: deps
	dotnet build Runtime.sln -c $(CONFIGURATION) --nologo -v quiet

lint: deps ## compile the sources and the tests with all analyzers, warnings as errors, and look at scripts and form
	dotnet build Runtime.sln -c $(CONFIGURATION) -p:RunAnalyzers=true --no-incremental --nologo -v quiet
	tests/Lint/check

test: bin/oci-run lint build-tests ## run every test suite (root)
	tests/run

test-unit: build-tests ## run the suites that need no root
	tests/run Unit Plans

ROUNDS ?= 10000
test-hostile: bin/oci-run build-tests ## attack the runtime: races of ROUNDS rounds, kills, failing calls, tracing neighbours (root)
	HOSTILE_ROUNDS=$(ROUNDS) dotnet test tests/Integration/Integration.csproj -c $(CONFIGURATION) --no-build --nologo \
		--filter "FullyQualifiedName~RaceTests|FullyQualifiedName~ExchangeTests|FullyQualifiedName~FaultTests|FullyQualifiedName~EscapeTests|FullyQualifiedName~HostileTests|FullyQualifiedName~OwnershipTests"

update-snapshots: build-tests ## write the golden plans and the golden model of spec-fixtures anew
	UPDATE_SNAPSHOTS=1 dotnet test tests/Plans/Plans.csproj -c $(CONFIGURATION) --no-build --nologo
	UPDATE_SNAPSHOTS=1 dotnet test tests/Unit/Unit.csproj -c $(CONFIGURATION) --no-build --nologo --filter FullyQualifiedName~ModelGenerator

test-root: bin/oci-run build-tests ## run the integration suite (root)
	tests/run Integration

test-vm: bin/oci-run ## run the checks in virtual machines (cgroup v2, systemd)
	tests/Vm/run

test-engines: bin/oci-run ## run podman, containerd and docker with oci-run, and with crun or runc as a control
	tests/Engines/run

conformance: $(if $(VALIDATION),bin/oci-run) ## run the OCI validation programs of the folder VALIDATION=DIR (root)
	tests/Conformance/run "$(VALIDATION)"

mutants: deps ## put each mistake of tests/Mutants/list into the sources and see which one no test notices (root, an hour)
	tests/Mutants/run

bench: bin/oci-run ## measure beside crun and runc from Debian sid (root)
	tests/Bench/bench -i

bench-check: bin/oci-run ## compare system calls, memory, size and instructions with the record
	tests/Bench/bench check

bench-record: bin/oci-run ## write the record that bench-check compares with
	tests/Bench/bench -s -i -w tests/Bench/record.json

clean: ## remove what was built
	rm -rf bin artifacts

help: ## this list
	@awk -F':.*## ' '/^[a-z-]+:.*## / { printf "%-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
