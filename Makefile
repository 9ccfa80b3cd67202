# SPDX-License-Identifier: Apache-2.0
# cardea: one static binary from init/. "make help" lists the targets; V=1 shows the commands.
VERSION := 0.1.0
MACHINE := $(shell uname -m)
ARCH    := $(or $(ARCH),$(MACHINE))
PREFIX  ?= /usr/local
DESTDIR ?=
SIZE_MAX ?= 409600
# Where the libraries are fetched and built. Several checkouts may share one; "clean" keeps it.
DEPS_DIR ?= build/deps
export DEPS_DIR

, := ,
B := build
O := $(B)/$(ARCH)
Q := $(if $(V),,@)
quiet := $(V)$(findstring s,$(firstword -$(MAKEFLAGS)))
say = $(if $(quiet),$(Q),@printf '  %-7s %s\n' '$(1)' '$(2)';)
$(if $(filter x86_64 aarch64,$(ARCH)),,$(error ARCH=$(ARCH) is not known: x86_64 or aarch64))

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

# ---- the compiler --------------------------------------------------------------------------
# clang and lld for every target: Debian's musl-gcc makes a dynamic executable of -static-pie.
HOST_CC   := clang
TARGET_CC := clang --target=$(ARCH)-linux-musl

WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wformat=2 \
	-Wconversion -Wvla -Werror
BASE := -std=gnu11 $(WARN) -D_GNU_SOURCE -DCARDEA_VERSION='"$(VERSION)"' -Iinit -MMD -MP
# Small is also quick here: a start reads the binary from the page cache, page by page.
LTO  ?= -flto
OPT  := -Oz $(LTO) -g -fno-common -ffunction-sections -fdata-sections \
	-fno-asynchronous-unwind-tables -fno-unwind-tables

# musl has no _FORTIFY_SOURCE and Debian no package that adds it.
HARDEN := -fPIE -fstack-protector-strong -ftrivial-auto-var-init=zero \
	-enable-trivial-auto-var-init-zero-knowing-it-will-be-removed-from-clang
ifeq ($(ARCH),x86_64)
HARDEN += -fstack-clash-protection -fcf-protection
else
HARDEN += -mbranch-protection=standard -mno-outline-atomics
endif

# Debug information and __FILE__ name no directory of the machine that builds.
MAP := -ffile-prefix-map=$(CURDIR)=. -ffile-prefix-map=$(DEPS_DIR)=deps

LINK := -fuse-ld=lld -static-pie -nostdlib -Wl,-z,relro,-z,now,-z,noexecstack,-z,text,-O2 \
	-Wl,--gc-sections,--icf=safe,--build-id=none,--hash-style=gnu,--fatal-warnings

# What a start runs side by side in memory (tools/start.symbols), and no page in two segments: fewer
# pages to map, and to keep. Not for aarch64: its pages may be 64 KiB, to which it would be padded.
LAYOUT := -Wl,--symbol-ordering-file=tools/start.symbols,--no-warn-symbol-ordering
ifeq ($(ARCH),x86_64)
LAYOUT += -Wl,-z,separate-loadable-segments
endif

# ---- the libraries -------------------------------------------------------------------------
# A directory of DEPS_DIR is named after what made it: another deps.sh or other flags, another
# directory. To link other builds of the four: make DEPS_LIB=DIR (see NOTICE).
key = $(firstword $(shell { cat tools/deps.sh; echo '$(1)'; } | cksum))
DEP_FLAGS      := -nostdlibinc $(OPT) $(HARDEN)
HOST_DEP_FLAGS := -O1 -g -fsanitize=address
DEPS     := $(DEPS_DIR)/$(ARCH).$(call key,$(DEP_FLAGS))
HOSTDEPS := $(DEPS_DIR)/host.$(call key,$(HOST_DEP_FLAGS))
SYSROOT  := $(DEPS)/sysroot
LIBS     := seccomp cap-ng inih jansson
DEPS_LIB ?= $(SYSROOT)/lib
LIBFILES := $(LIBS:%=$(DEPS_LIB)/lib%.a)
HOSTLIBS := $(LIBS:%=$(HOSTDEPS)/sysroot/lib/lib%.a)

deps: $(DEPS)/ok ## fetch and build the libraries that are linked in

# $(1): the directory's stamp, $(2): compiler, $(3): flags, $(4): architecture
build_deps = $(call say,DEPS,$(@D))tools/setup.sh --check build && \
	CC='$(2)' CFLAGS='$(3)' tools/deps.sh $(@D) $(4)
$(DEPS)/ok:
	$(call build_deps,$@,$(TARGET_CC),$(DEP_FLAGS),$(ARCH))
$(HOSTDEPS)/ok:
	$(call build_deps,$@,$(HOST_CC),$(HOST_DEP_FLAGS),host)
$(filter $(SYSROOT)/%,$(LIBFILES)): $(DEPS)/ok ;
$(HOSTLIBS): $(HOSTDEPS)/ok ;

# ---- the binary ----------------------------------------------------------------------------
CORE := $(sort $(wildcard init/core/*.c))
REST := $(sort $(wildcard init/sys/*.c init/cli/*.c)) init/main.c
CORE_O := $(CORE:%.c=$(O)/%.o)
REST_O := $(REST:%.c=$(O)/%.o) $(if $(wildcard tools/mkfilter.c),$(O)/filter_default.o)
CRT := $(SYSROOT)/lib
# $(1): the objects of a program. Without crti.o and crtn.o: what they give is empty, and would be a
# page of its own for every start, at the far end of the code.
link = $(TARGET_CC) $(LINK) $(LDFLAGS) -o $@ $(CRT)/rcrt1.o $(1) -Wl,--start-group \
	$(LIBFILES) $(CRT)/libc.a $(CRT)/libgcc.a -Wl,--end-group
compile = $(TARGET_CC) $(BASE) $(OPT) $(HARDEN) $(MAP) -nostdlibinc -isystem $(SYSROOT)/include \
	$(CFLAGS) -c $< -o $@

all: $(O)/cardea $(if $(filter $(MACHINE),$(ARCH)),$(B)/cardea) ## build/cardea, or with ARCH=aarch64 build/aarch64/cardea
	@:

$(B)/cardea: $(O)/cardea
	$(Q)cp -f $< $@.new && mv -f $@.new $@ && cp -f $<.debug $@.debug

# The last step is the check: what is not as promised does not get its name.
$(O)/cardea: $(O)/cardea.debug tools/check-elf.sh
	$(call say,STRIP,$@)llvm-strip --strip-all -o $@.new $<
	$(Q)tools/check-elf.sh $@.new $(SIZE_MAX) && mv -f $@.new $@

$(O)/cardea.debug: $(REST_O) $(O)/libcore.a $(LIBFILES) tools/start.symbols
	$(call say,LINK,$@)$(call link,$(LAYOUT) $(REST_O) $(O)/libcore.a -Wl$(,)-Map=$(O)/cardea.map)

$(O)/libcore.a: $(CORE_O)
	$(call say,AR,$@)rm -f $@ && llvm-ar rcsD $@ $(CORE_O)

$(O)/%.o: %.c Makefile $(DEPS)/ok
	$(Q)mkdir -p $(@D)
	$(call say,CC,$<)$(compile)

# The built-in seccomp profile, compiled for ARCH by a program for this machine.
MKFILTER := $(B)/$(MACHINE)/mkfilter
MKFILTER_O := $(patsubst %,$(O)/%.o,tools/mkfilter init/sys/filter_compile init/sys/filter_stub)

$(O)/filter_default.o: $(O)/filter_default.c Makefile $(DEPS)/ok
	$(call say,CC,$<)$(compile)

$(O)/filter_default.c: seccomp-profiles/default.json $(MKFILTER)
	$(call say,FILTER,$@)mkdir -p $(@D) && $(MKFILTER) $(ARCH) $< >$@.new && mv -f $@.new $@

ifeq ($(ARCH),$(MACHINE))
$(MKFILTER): $(MKFILTER_O) $(O)/libcore.a $(LIBFILES)
	$(call say,LINK,$@)$(call link,$(MKFILTER_O) $(O)/libcore.a)
else
$(MKFILTER): FORCE
	$(Q)$(MAKE) ARCH=$(MACHINE) $@
FORCE:
endif

# ---- run, install, clean -------------------------------------------------------------------
run: ## install what is needed, build, and show the main job
	$(Q)tools/setup.sh build run
	$(Q)$(MAKE) all
	$(Q)tools/run.sh

setup: ## install every Debian package that a target here needs (as root)
	$(Q)tools/setup.sh build run test lint cross bench

install: $(O)/cardea ## install to $(DESTDIR)$(PREFIX): sbin/cardea, man pages, seccomp profiles
	install -D -m 755 $(O)/cardea '$(DESTDIR)$(PREFIX)/sbin/cardea'
	$(foreach m,$(wildcard man/*.[1-9]),install -D -m 644 $(m) \
		'$(DESTDIR)$(PREFIX)/share/man/man$(patsubst .%,%,$(suffix $(m)))/$(notdir $(m))' &&) :
	$(foreach f,$(wildcard seccomp-profiles/*),install -D -m 644 $(f) \
		'$(DESTDIR)$(PREFIX)/share/cardea/$(f)' &&) :
	$(foreach f,LICENSE NOTICE $(wildcard LICENSES/*),install -D -m 644 $(f) \
		'$(DESTDIR)$(PREFIX)/share/doc/cardea/$(f)' &&) :

size: ## what the binary's bytes are spent on, linked without LTO to tell
	$(Q)$(MAKE) -s B=$(B)/size LTO= SIZE_MAX=1000000 DEPS_DIR='$(DEPS_DIR)' all
	$(Q)/usr/bin/python3 tools/size.py $(B)/size/$(ARCH)/cardea $(B)/size/$(ARCH)/cardea.map

order: $(O)/cardea ## rewrite tools/start.symbols: which functions a start runs (as root)
	$(Q)tools/setup.sh bench
	$(Q)tools/order.sh $(O)/cardea.debug >tools/order.new && mv -f tools/order.new tools/start.symbols

clean: ## remove what was built, but keep the libraries
	rm -rf $(filter-out $(B)/deps,$(wildcard $(B)/*))

distclean: ## remove what was built and build/deps
	rm -rf $(B)

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1\t\2/p' $(MAKEFILE_LIST) | expand -t 22

include tools/test.mk
-include $(shell find $(B) -path '$(B)/deps' -prune -o -name '*.d' -print 2>/dev/null)

.PHONY: all deps run setup install size order clean distclean help
