# SPDX-License-Identifier: MIT
# pvguest: a library for small PV guests, and one image per file in apps/.
#
# build/pvguest/libpvguest.a   the library (pvguest/lib)
# build/pvguest/<app>.elf      pvguest/apps/<app>.c; *-nopage.c has hypercall stubs of its own
#                              instead of the hypervisor's page
# PVGUEST_LINK                 the link recipe, which tests/guest uses too: images keep their
#                              symbols, the debug information goes to <image>.debug

PVGUEST_OBJS := $(patsubst %.c,$(B)/%.o,$(wildcard pvguest/lib/*.c)) \
                $(patsubst %.S,$(B)/%.o,$(filter-out %page.S,$(wildcard pvguest/lib/*.S)))
PVGUEST_LIB  := $(B)/pvguest/libpvguest.a
PVGUEST_PAGE := $(B)/pvguest/lib/hypercall_page.o
PVGUEST_NOPAGE := $(B)/pvguest/lib/hypercall_nopage.o
PVGUEST_LD   := pvguest/lib/pvguest.ld

PVGUEST_APPS := $(patsubst pvguest/apps/%.c,$(B)/pvguest/%.elf,$(wildcard pvguest/apps/*.c))

PVGUEST_LINK = $(CC) -nostdlib -static -Wl,--build-id=none -Wl,--gc-sections \
               -Wl,-z,max-page-size=4096 -Wl,-z,noexecstack -Wl,--no-warn-rwx-segments \
               -Wl,-u,_start -T $(PVGUEST_LD) -o $@.debug $(filter %.o %.a,$^) && \
               objcopy --strip-debug $@.debug $@

$(B)/pvguest/lib/%.o: pvguest/lib/%.c
	@mkdir -p $(@D)
	$(CC) $(PV_CFLAGS) -ffunction-sections -fdata-sections -c -o $@ $<

$(B)/pvguest/lib/%.o: pvguest/lib/%.S
	@mkdir -p $(@D)
	$(CC) $(PV_CFLAGS) -c -o $@ $<

$(B)/pvguest/apps/%.o: pvguest/apps/%.c
	@mkdir -p $(@D)
	$(CC) $(PV_CFLAGS) -ffunction-sections -fdata-sections -c -o $@ $<

$(PVGUEST_LIB): $(PVGUEST_OBJS)
	@rm -f $@
	ar rcs $@ $^

$(B)/pvguest/%-nopage.elf: $(B)/pvguest/apps/%-nopage.o $(PVGUEST_NOPAGE) $(PVGUEST_LIB) $(PVGUEST_LD)
	$(PVGUEST_LINK)

$(B)/pvguest/%.elf: $(B)/pvguest/apps/%.o $(PVGUEST_PAGE) $(PVGUEST_LIB) $(PVGUEST_LD)
	$(PVGUEST_LINK)

.PHONY: pvguest
pvguest: $(PVGUEST_APPS)
guests: pvguest

-include $(wildcard $(B)/pvguest/lib/*.d $(B)/pvguest/apps/*.d)
