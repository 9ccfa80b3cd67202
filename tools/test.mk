# SPDX-License-Identifier: Apache-2.0
# The Makefile's second half: everything that proves something about build/cardea.

# CI=true: a test that skips has failed, so that "passed" means all of them.
NO_SKIP := $(if $(filter true 1,$(CI)),1)
PYTEST  := CARDEA='$(CURDIR)/$(B)/cardea' NO_SKIP=$(NO_SKIP) PYTHONDONTWRITEBYTECODE=1 \
	PYTHONPATH='$(CURDIR)/tests' /usr/bin/python3 -m pytest -p no_skip -p no:cacheprovider -q -ra

# ---- the programs of the system tests: static like cardea, so that they run where it does -----
SYSTEM_TOOLS := $(patsubst %,$(B)/tests/%,probe stage fault look act)
$(SYSTEM_TOOLS): $(B)/tests/%: $(LIBFILES)
	$(call say,LINK,$@)mkdir -p $(@D) && $(TARGET_CC) $(LINK) -o $@ $(CRT)/rcrt1.o $(CRT)/crti.o \
		$(filter %.o %libcore.a,$^) $(CRT)/libc.a $(CRT)/libgcc.a $(CRT)/crtn.o
$(foreach t,probe stage fault look act,$(eval $(B)/tests/$(t): \
	$(patsubst %.c,$(O)/%.o,$(wildcard tests/system/$(t).c tests/system/$(t)_*.c))))
# It carries out probes with cardea's own code.
$(B)/tests/look: $(patsubst %,$(O)/init/sys/%.o,probe probe_filter resolve creds) $(O)/libcore.a

test: ## install what is needed, then every test; container tests where an engine can be had
	$(Q)tools/setup.sh build run test profiles
	$(Q)$(MAKE) all
	$(Q)$(MAKE) -j1 unit golden system profiles docker docs-test

check: ## the quick ones: unit, golden, lint
	$(Q)tools/setup.sh build test lint
	$(Q)$(MAKE) unit
	$(Q)$(MAKE) golden
	$(Q)$(MAKE) lint

golden: $(B)/cardea ## configuration in, plan or errors out
	$(Q)$(PYTEST) tests/golden

system: $(B)/cardea $(SYSTEM_TOOLS) ## the binary as PID 1 of its own namespace
	$(Q)CARDEA_TOOLS='$(CURDIR)/$(B)/tests' $(PYTEST) tests/system

docker: $(B)/cardea ## the binary in containers of a Docker engine (as root; brings one up if need be)
	$(Q)[ "$$(id -u)" != 0 ] || tools/setup.sh docker
	$(Q)$(PYTEST) tests/docker

profiles: $(B)/cardea ## each shipped seccomp profile under the servers it is for
	$(Q)tools/setup.sh profiles
	$(Q)$(PYTEST) tests/profiles

docs-test: $(B)/cardea ## the examples of the README and of the manual (as root, with a Docker engine)
	$(Q)[ "$$(id -u)" != 0 ] || tools/setup.sh docker
	$(Q)$(PYTEST) tests/docs

bench: $(B)/cardea ## against the other inits, side by side; writes docs/benchmarks.md
	$(Q)tools/setup.sh build bench
	$(Q)tests/bench/run

# ---- unit tests and fuzzers: init/core alone, with this machine's libc ----------------------
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
U := $(B)/unit
F := $(B)/fuzz
UNIT_FLAGS := -O1 -g $(SANITIZE) -fprofile-instr-generate -fcoverage-mapping -Itests/unit
FUZZ_FLAGS := -O1 -g $(SANITIZE) -fsanitize=fuzzer-no-link

# tests/unit/test_X.c is one program; other .c files there are linked into each.
UNIT := $(patsubst tests/unit/%.c,$(U)/%,$(wildcard tests/unit/test_*.c))
UNIT_SHARED := $(patsubst %.c,$(U)/%.o,$(filter-out tests/unit/test_%,$(wildcard tests/unit/*.c)))
FUZZ := $(patsubst tests/fuzz/%.c,$(F)/%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZ_SHARED := $(patsubst %.c,$(F)/%.o,$(filter-out tests/fuzz/fuzz_%,$(wildcard tests/fuzz/*.c)))
FUZZ_SECONDS ?= 10

unit: $(UNIT) ## unit tests of init/core, under ASan and UBSan
	$(Q)rm -f $(U)/*.profraw; status=0; for t in $(UNIT); do \
		LLVM_PROFILE_FILE=$$t.profraw $$t >$$t.log 2>&1 || status=1; cat $$t.log; \
		[ -z "$(NO_SKIP)" ] || ! grep -F '[  SKIPPED ]' $$t.log || status=1; done; exit $$status

coverage: unit ## the lines of init/core that the unit tests ran; at least 95 %
	$(Q)llvm-profdata merge -o $(U)/profile $(U)/*.profraw
	$(Q)tools/coverage.sh 95 $(U)/profile $(UNIT)

fuzz: $(FUZZ) ## every fuzzer, FUZZ_SECONDS each (10)
	$(Q)set -e; for f in $(FUZZ); do n=$${f##*/fuzz_}; mkdir -p $(F)/corpus/$$n; \
		printf '  %-7s %s\n' FUZZ $$n; \
		$$f -max_total_time=$(FUZZ_SECONDS) -timeout=10 -rss_limit_mb=1024 -verbosity=0 \
		-print_final_stats=1 -artifact_prefix=$(F)/ $(F)/corpus/$$n \
		tests/fuzz/corpus/$$n >$(F)/$$n.log 2>&1 || \
		{ cat $(F)/$$n.log; exit 1; }; grep -E 'number_of_executed|new_units' $(F)/$$n.log; done

# $(1): directory, $(2): flags. Core is linked whole, so that no module can hide from coverage.
define instrumented
$(1)/%.o: %.c Makefile tools/test.mk $$(HOSTDEPS)/ok
	$$(Q)mkdir -p $$(@D)
	$$(call say,CC,$$< ($(notdir $(1))))$$(HOST_CC) $$(BASE) $(2) \
		-DDEPS_SHARE='"$$(HOSTDEPS)/sysroot/share"' -isystem $$(HOSTDEPS)/sysroot/include -c $$< -o $$@
$(1)/libcore.a: $$(CORE:%.c=$(1)/%.o)
	$$(Q)rm -f $$@ && llvm-ar rcsD $$@ $$^
endef
$(eval $(call instrumented,$(U),$(UNIT_FLAGS)))
$(eval $(call instrumented,$(F),$(FUZZ_FLAGS)))
# While one is being written, what it calls may not be there yet: an error in CI alone.
link_core = $(HOST_CC) -fuse-ld=lld $(if $(NO_SKIP),,-Wl$(,)--warn-unresolved-symbols) -Wl,--whole-archive $(@D)/libcore.a -Wl,--no-whole-archive

$(UNIT): $(U)/%: $(U)/tests/unit/%.o $(UNIT_SHARED) $(U)/libcore.a $(HOSTLIBS)
	$(call say,LINK,$@)$(link_core) $(UNIT_FLAGS) $(filter %.o,$^) $(HOSTLIBS) -lcmocka -o $@

# What compiles profiles is in sys, but as pure as core: it is tested with it.
$(U)/test_filter: $(addprefix $(U)/init/sys/,filter_compile.o filter_stub.o)

$(FUZZ): $(F)/%: $(F)/tests/fuzz/%.o $(FUZZ_SHARED) $(F)/libcore.a $(HOSTLIBS)
	$(call say,LINK,$@)$(link_core) $(SANITIZE) -fsanitize=fuzzer $(filter %.o,$^) $(HOSTLIBS) -o $@

# ---- what the code and the binary must be ---------------------------------------------------
C_FILES := $(CORE) $(REST) $(wildcard tools/*.c tests/*/*.c tests/docker/images/*/*.c examples/*/*/*.c)
H_FILES := $(wildcard init/*/*.h tests/*/*.h)
SCRIPTS := $(wildcard tools/*.sh .ci/run tests/*/*.sh tests/docker/images/*/*.sh examples/*/*/*.sh)

lint: format-check tidy cppcheck shellcheck mandoc check-layers check-notice ## all of these

cppcheck:
	$(call say,LINT,cppcheck)cppcheck -q --std=c11 --enable=warning,performance,portability \
		--inline-suppr --error-exitcode=1 --library=tools/cppcheck.cfg -D_GNU_SOURCE \
		-D__linux__ -D__$(ARCH)__ -Iinit $(CORE) $(REST)

shellcheck:
	$(call say,LINT,shellcheck)shellcheck $(SCRIPTS)

mandoc:
	$(call say,LINT,mandoc)mandoc -Tlint -Wwarning $(or $(wildcard man/*.[1-9]),man/cardea.8)

format-check: ## say which files clang-format would change
	$(call say,LINT,clang-format)clang-format --dry-run -Werror --ferror-limit=1 $(C_FILES) $(H_FILES)

format: ## clang-format every C file in place
	clang-format -i $(C_FILES) $(H_FILES)

tidy: $(patsubst %.c,$(B)/tidy/%.ok,$(CORE) $(REST)) ## clang-tidy of init/
$(B)/tidy/%.ok: %.c .clang-tidy $(H_FILES) $(DEPS)/ok
	$(Q)mkdir -p $(@D)
	$(call say,TIDY,$<)clang-tidy --quiet $< -- --target=$(ARCH)-linux-musl -nostdlibinc \
		-isystem $(SYSROOT)/include $(BASE) >$@.log 2>&1 || { cat $@.log; exit 1; }
	$(Q)touch $@

check-layers: $(O)/libcore.a $(REST_O) ## who may call what: tools/layers/*.allow
	$(call say,LINT,layers)tools/check-layers.sh $(O)

check-notice: $(DEPS)/ok ## does NOTICE name the versions that were linked in
	$(Q)grep -v -e ^linux-libc-dev -e ^libgcc $(DEPS)/versions | while read -r what; do grep -qF " $$what " NOTICE || \
		{ echo "check-notice: NOTICE does not name $$what"; exit 1; }; done

check-run: $(O)/cardea ## does the binary of ARCH run, under qemu-user if need be
	$(Q)$(if $(filter $(MACHINE),$(ARCH)),,qemu-$(ARCH)-static) $(O)/cardea --version | \
		grep -F '$(VERSION)'

check-reproducible: ## two builds in two directories give the same bytes, libraries included
	$(Q)tools/check-reproducible.sh $(ARCH)

.PHONY: test check golden system profiles docker docs-test bench unit coverage fuzz lint cppcheck shellcheck \
	mandoc format-check format tidy check-layers check-notice check-run check-reproducible
