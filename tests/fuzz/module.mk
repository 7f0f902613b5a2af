# SPDX-License-Identifier: MIT
# The fuzz targets: tests/fuzz/fuzz_X.c is one program, build/fuzz/fuzz_X, of clang's libFuzzer with
# sanitizers. What it links is found as for a unit test (tests/module.mk).
#
# A run starts from the seeds that tests/fuzz/seeds makes, from those that are kept in
# tests/fuzz/kept/fuzz_X (inputs that found something once), and from what earlier runs collected
# in build/fuzz/corpus.

FUZZ_SECONDS ?= 20
FUZZ_NAMES   := $(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZ_BINS    := $(FUZZ_NAMES:%=$(B)/fuzz/%)
FUZZ_CC      := clang $(HOST_CFLAGS) -Itests/unit -Itests/fuzz -I. -Idom0/lib

fuzz_objs = $(patsubst %.c,$(B)/fuzz/%.o,$(1) $(2) $(call fakes_for,$(2)))

$(B)/fuzz/%.o: %.c
	@mkdir -p $(@D)
	$(FUZZ_CC) -fsanitize=fuzzer-no-link -c $< -o $@

define fuzz_program
$(B)/fuzz/$(1): $(call fuzz_objs,tests/fuzz/$(1).c,$(call linked,tests/fuzz/$(1).c))
	$$(FUZZ_CC) -fsanitize=fuzzer $$^ -Wl,--as-needed -llzma -lz -lzstd -lyajl -llz4 -o $$@
endef
$(foreach name,$(FUZZ_NAMES),$(eval $(call fuzz_program,$(name))))

.PHONY: fuzz-programs
fuzz-programs: $(FUZZ_BINS)

# The runner builds, so that a target that does not compile is a failed test.
fuzz:
	@tools/run/suite fuzz tests/fuzz/run $(FUZZ_SECONDS) $(FUZZ_NAMES)
	@tools/run/summary $(B)/results fuzz

# A taste, for `make test`.
suite-fuzz:
	@tools/run/suite fuzz tests/fuzz/run 2 $(FUZZ_NAMES)

-include $(shell find $(B)/fuzz -name '*.d' 2>/dev/null)
