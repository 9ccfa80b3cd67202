# cardea - one static binary from init/, for this machine or ARCH=. "make help" lists the targets.
VERSION = 0.1.0
ARCH    = $(MACHINE)
B       = build
DESTDIR =
PREFIX  = /usr/local
# Where the linked libraries are built; several checkouts may share it, "make clean" keeps it.
CARDEA_DEPS ?= $(B)/deps

MACHINE := $(shell uname -m)
O        = $(B)/$(ARCH)
Q        = $(if $(V),,@)
say      = $(if $(V),,@printf '  %-7s %s\n' '$(1)' '$(2)';)

# ---- compiler ------------------------------------------------------------------------------
# clang and lld for every target: Debian's musl-gcc makes a dynamic executable of -static-pie.
CLANG     = clang
TARGET_CC = $(CLANG) --target=$(ARCH)-linux-musl
HOST_CC   = $(CLANG)

HARDEN = -fPIE -fstack-protector-strong $(HARDEN_$(ARCH))
HARDEN_x86_64  = -fstack-clash-protection -fcf-protection
HARDEN_aarch64 = -mbranch-protection=standard -mno-outline-atomics
WARN = -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wformat=2 \
	-Wconversion -Wvla $(if $(NO_WERROR),,-Werror)
OPT  = -Os -g -fno-common -ffunction-sections -fdata-sections -fno-asynchronous-unwind-tables \
	-fno-unwind-tables
BASE = -std=gnu11 $(WARN) -D_GNU_SOURCE -DCARDEA_VERSION='"$(VERSION)"' -Iinit -MMD -MP

# Debug information and __FILE__ name no directory of the building machine.
MAP    = -ffile-prefix-map=$(CURDIR)=. -ffile-prefix-map=$(CARDEA_DEPS)=deps
CFLAGS_TARGET = $(BASE) $(OPT) $(HARDEN) $(MAP) -nostdlibinc -isystem $(SYSROOT)/include $(CFLAGS)
LDFLAGS_TARGET = -fuse-ld=lld -static-pie -nostdlib -Wl,-z,relro,-z,now,-z,noexecstack,-z,text \
	-Wl,--gc-sections,--icf=all,--build-id=none,--fatal-warnings,--hash-style=gnu $(LDFLAGS)

# ---- libraries linked in -------------------------------------------------------------------
LIBS      = seccomp cap-ng inih jansson
DEP_FLAGS = $(OPT) $(HARDEN)
HOST_DEP_FLAGS = -O1 -g -fsanitize=address
depkey  = $(firstword $(shell { cat tools/deps.sh; echo '$(1)'; } | cksum))
depdir  = $(CARDEA_DEPS)/$(ARCH).$(KEY)
KEY    := $(call depkey,$(DEP_FLAGS))
HOSTKEY := $(call depkey,$(HOST_DEP_FLAGS))
DEPS    = $(CARDEA_DEPS)/$(ARCH).$(KEY)
HOSTDEPS = $(CARDEA_DEPS)/host.$(HOSTKEY)
SYSROOT = $(DEPS)/sysroot
# To link against changed libraries: make DEPS_LIB=DIR, with libseccomp.a, libcap-ng.a,
# libinih.a and libjansson.a in DIR (see NOTICE).
DEPS_LIB = $(SYSROOT)/lib
LIBFILES = $(LIBS:%=$(DEPS_LIB)/lib%.a)
CRT      = $(SYSROOT)/lib

# ---- sources -------------------------------------------------------------------------------
CORE = $(patsubst %.c,$(O)/%.o,$(wildcard init/core/*.c))
REST = $(patsubst %.c,$(O)/%.o,$(wildcard init/sys/*.c init/cli/*.c) init/main.c)

all: $(O)/cardea $(if $(filter $(ARCH),$(MACHINE)),$(B)/cardea) ## build/cardea for this machine, or build/ARCH/cardea
	$(Q):

$(B)/cardea: $(O)/cardea
	$(Q)cp -f $< $@ && cp -f $<.debug $@.debug

$(O)/cardea: $(O)/cardea.debug tools/check-elf.sh
	$(call say,STRIP,$@)llvm-strip --strip-all -o $@.new $<
	$(Q)tools/check-elf.sh $@.new && mv -f $@.new $@

$(O)/cardea.debug: $(REST) $(O)/libcore.a $(LIBFILES)
	$(call say,LINK,$@)$(TARGET_CC) $(LDFLAGS_TARGET) -o $@ $(CRT)/rcrt1.o $(CRT)/crti.o $(REST) \
		$(O)/libcore.a -Wl,--start-group $(LIBFILES) $(CRT)/libc.a $(CRT)/libgcc.a -Wl,--end-group $(CRT)/crtn.o

$(O)/libcore.a: $(CORE)
	$(call say,AR,$@)rm -f $@; llvm-ar rcsD $@ $(CORE)

$(O)/%.o: %.c Makefile $(DEPS)/ok
	$(Q)mkdir -p $(@D)
	$(call say,CC,$<)$(TARGET_CC) $(CFLAGS_TARGET) -c $< -o $@

$(filter $(SYSROOT)/%,$(LIBFILES)): $(DEPS)/ok ;
$(DEPS)/ok:
	$(call say,DEPS,$(@D))CC='$(TARGET_CC)' CFLAGS='-nostdlibinc $(DEP_FLAGS)' CARDEA_DEPS=$(CARDEA_DEPS) tools/deps.sh $(@D) $(ARCH)

$(HOSTDEPS)/ok:
	$(call say,DEPS,$(@D))CC='$(HOST_CC)' CFLAGS='$(HOST_DEP_FLAGS)' CARDEA_DEPS=$(CARDEA_DEPS) tools/deps.sh $(@D) host

# ---- unit tests ----------------------------------------------------------------------------
# core alone, with this machine's libc, under ASan and UBSan, counting lines.
U         = $(B)/unit
SANITIZE  = -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
CFLAGS_UNIT = $(BASE) -Itests/unit -O1 -g $(SANITIZE) -fprofile-instr-generate -fcoverage-mapping \
	-isystem $(HOSTDEPS)/sysroot/include
UNIT_CORE = $(patsubst %.c,$(U)/%.o,$(wildcard init/core/*.c))
UNIT_LIB  = $(patsubst %.c,$(U)/%.o,$(filter-out tests/unit/test_%,$(wildcard tests/unit/*.c)))
UNIT      = $(patsubst tests/unit/%.c,$(U)/%,$(wildcard tests/unit/test_*.c))
HOSTLIBS  = $(LIBS:%=$(HOSTDEPS)/sysroot/lib/lib%.a)

unit: $(UNIT) ## unit tests of init/core (ASan, UBSan)
	$(Q)for t in $^; do LLVM_PROFILE_FILE=$$t.profraw $$t || exit 1; done

$(U)/%.o: %.c Makefile $(HOSTDEPS)/ok
	$(Q)mkdir -p $(@D)
	$(call say,CC,$< (unit))$(HOST_CC) $(CFLAGS_UNIT) -c $< -o $@

$(U)/libcore.a: $(UNIT_CORE)
	$(Q)rm -f $@; llvm-ar rcsD $@ $(UNIT_CORE)

$(U)/test_%: $(U)/tests/unit/test_%.o $(UNIT_LIB) $(U)/libcore.a
	$(call say,LINK,$@)$(HOST_CC) -fuse-ld=lld $(SANITIZE) -fprofile-instr-generate -o $@ $^ $(HOSTLIBS) -lcmocka

# ---- the rest ------------------------------------------------------------------------------
clean: ## remove what was built, except the libraries
	rm -rf $(filter-out $(B)/deps,$(wildcard $(B)/*))

distclean: clean ## and the libraries
	rm -rf $(B)

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1\t\2/p' Makefile | expand -t 22

.PHONY: all unit clean distclean help
.DELETE_ON_ERROR:
-include $(shell find $(B) -name '*.d' -not -path '$(B)/deps/*' 2>/dev/null)
