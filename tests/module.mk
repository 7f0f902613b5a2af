# SPDX-License-Identifier: MIT
# The tests that run on this machine: core and lib compiled for the host, with sanitizers. The
# host's C library stands in for lib/string.c and lib/printf.c, tests/unit/fake_*.c for the rest.
#
# tests/unit/X.c is one program, build/tests/unit/X. It links all of core and lib and fake_port.c,
# unless its head says `LINK: core/a.c core/b.c`: then lib, those, and the fake_*.c of what is
# not among them (fake_domain.c also stands in for vcpu.c). HOST_EXTRA: further sources of the hypervisor
# that compile unchanged on the host (parsers, decoders); a LINK line may name them too. A word of
# a LINK line that begins with dom0/ or tools/ is a source from there.

UNIT_FAKES := $(wildcard tests/unit/fake_*.c)
UNIT_TESTS := $(patsubst tests/unit/%.c,%,$(filter-out $(UNIT_FAKES),$(wildcard tests/unit/*.c)))
UNIT_BINS  := $(UNIT_TESTS:%=$(B)/tests/unit/%)
HOST_LIB   := $(filter-out %/string.c %/printf.c,$(wildcard hypervisor/lib/*.c))
HOST_CORE  := $(wildcard hypervisor/core/*.c) $(HOST_EXTRA)

host_objs   = $(patsubst %.c,$(B)/host/%.o,$(1))
# $(1) hypervisor sources: the fakes of those that are missing.
fakes_for   = $(foreach fake,$(UNIT_FAKES),\
                  $(if $(filter %/$(patsubst fake_%,%,$(notdir $(fake))),$(1)),,$(fake)))
# $(1) a test's source: the hypervisor's sources that it links.
link_words  = $(shell sed -n 's,^.*LINK: *\([^*]*\).*,\1,p' $(1))
source_of   = $(if $(filter dom0/% tools/%,$(1)),$(1),hypervisor/$(1))
linked      = $(HOST_LIB) $(or $(foreach word,$(call link_words,$(1)),$(call source_of,$(word))),$(HOST_CORE))
program_of  = $(call host_objs,$(1) $(2) $(call fakes_for,$(2)))

$(B)/host/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(HOST_CFLAGS) -Itests/unit -I. -Idom0/lib -I/usr/include/libnl3 -c $< -o $@

define unit_program
$(B)/tests/unit/$(1): $(call program_of,tests/unit/$(1).c,$(call linked,tests/unit/$(1).c))
	@mkdir -p $$(@D)
	$$(CC) $$(HOST_CFLAGS) $$^ -lcriterion -Wl,--as-needed -llzma -lz -lzstd -lyajl -llz4 -lnl-3 -lnl-route-3 -lnftables -luring -o $$@
endef
$(foreach test,$(UNIT_TESTS),$(eval $(call unit_program,$(test))))

MODEL_SRCS := $(wildcard tests/model/*.c)
MODEL_HV   := $(HOST_LIB) $(HOST_CORE) $(addprefix hypervisor/hypercall/,door.c mmu.c mmu_batch.c \
                mmuext.c memory.c reservation.c grant.c segment.c)
$(B)/tests/model: $(call program_of,$(MODEL_SRCS),$(MODEL_HV))
	@mkdir -p $(@D)
	$(CC) $(HOST_CFLAGS) $^ -o $@

host-tests: $(UNIT_BINS) $(if $(MODEL_SRCS),$(B)/tests/model)

-include $(shell find $(B)/host -name "*.d" 2>/dev/null)

# The guests of the system tests, which are pvguest programs.
SYSTEM_GUESTS := $(patsubst tests/system/guests/%.c,$(B)/system/%.elf,\
                   $(wildcard tests/system/guests/*.c))

$(B)/system/%.o: tests/system/guests/%.c
	@mkdir -p $(@D)
	$(CC) $(PV_CFLAGS) -c $< -o $@

$(B)/system/%.elf: $(B)/system/%.o $(PVGUEST_PAGE) $(PVGUEST_LIB) $(PVGUEST_LD)
	$(PVGUEST_LINK)

guests: $(SYSTEM_GUESTS)

-include $(wildcard $(B)/system/*.d)

# What Dom0 runs in the system tests: static programs of this machine's C library.
DOM0_PROGRAMS := $(patsubst tests/system/dom0/%.c,$(B)/system/%,$(wildcard tests/system/dom0/*.c))

$(DOM0_PROGRAMS): $(B)/system/%: tests/system/dom0/%.c
	@mkdir -p $(@D)
	$(CC) $(DOM0_CFLAGS) -static -pthread $< $(DOM0_LIBS) -o $@

$(B)/system/badback: DOM0_LIBS := -lxengnttab -lxenevtchn -lxenstore -lxentoolcore -lxentoollog

SYSTEM_NEEDS := $(B)/philoxen.iso $(DOM0_PROGRAMS) $(addprefix $(B)/dom0/,vmlinuz small.img test.img) $(B)/xen/xen

# What `make test-xl` boots besides.
XL_NEEDS := $(addprefix $(B)/dom0/,cloud/vmlinuz cloud.img grub/grub-x86_64-xen.bin debian-xl/root.ext4)

# And `make test-io`.
IO_NEEDS := $(B)/dom0/debian-io/root.ext4

$(B)/dom0/grub/grub-x86_64-xen.bin: tests/system/xl/fetch-grub dom0/image/debs.py
	tests/system/xl/fetch-grub $(@D)

# pxstored with sanitizers, over the pretended hypervisor of tests/store/fakehv.c; and that as a library for
# the program as it ships and for Debian's xenstored.
STORE_TEST_OBJS := $(call host_objs,$(wildcard dom0/store/*.c) $(filter-out %/storelink.c,$(wildcard dom0/lib/*.c)) tests/store/fakehv.c)

$(B)/tests/pxstored: $(STORE_TEST_OBJS)
	@mkdir -p $(@D)
	$(CC) $(HOST_CFLAGS) $^ -o $@

$(B)/tests/fakehv.so: tests/store/fakehv.c
	@mkdir -p $(@D)
	$(CC) $(DOM0_CFLAGS) -shared -fPIC $< -o $@

host-tests: $(B)/tests/pxstored $(B)/tests/fakehv.so

$(B)/tests/bench_store: tests/store/bench.c
	@mkdir -p $(@D)
	$(CC) $(DOM0_CFLAGS) $< -o $@

$(B)/xenstored/.done: dom0/image/debs.py
	tests/store/fetch $(B)/xenstored
	@touch $@
