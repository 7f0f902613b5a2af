# SPDX-License-Identifier: MIT
# The test kernels: tests/guest/<area>/<file>.c is one claim and one image,
# build/guests/<area>-<file>.elf, linked with the harness (tests/guest/lib) and pvguest's library.

GUEST_TEST_SRCS := $(filter-out tests/guest/lib/%,$(wildcard tests/guest/*/*.c))
GUEST_TESTS := $(foreach s,$(GUEST_TEST_SRCS:tests/guest/%.c=%),$(B)/guests/$(subst /,-,$(s)).elf)
GUEST_HARNESS := $(patsubst %.c,$(B)/%.o,$(wildcard tests/guest/lib/*.c))

$(B)/tests/guest/%.o: tests/guest/%.c
	@mkdir -p $(@D)
	$(CC) $(PV_CFLAGS) -Itests/guest/lib -ffunction-sections -fdata-sections -c -o $@ $<

# $(1): area/file
define GUEST_TEST
$(B)/guests/$(subst /,-,$(1)).elf: $(B)/tests/guest/$(1).o $(GUEST_HARNESS) $(PVGUEST_PAGE) \
                                   $(PVGUEST_LIB) $(PVGUEST_LD)
	@mkdir -p $$(@D)
	$$(PVGUEST_LINK)
endef
$(foreach s,$(GUEST_TEST_SRCS:tests/guest/%.c=%),$(eval $(call GUEST_TEST,$(s))))

.PHONY: guest-tests
guest-tests: $(GUEST_TESTS)
guests: guest-tests

-include $(wildcard $(B)/tests/guest/*/*.d)
