# SPDX-License-Identifier: MIT
# `make bench`: build/bench/bench.elf, a pvguest program of all files here, on both hypervisors.

BENCH_OBJS := $(patsubst tests/bench/%,$(B)/bench/%.o,$(basename $(wildcard tests/bench/*.[cS])))

$(B)/bench/%.o: tests/bench/%.c
	@mkdir -p $(@D)
	$(CC) $(PV_CFLAGS) -c -o $@ $<

$(B)/bench/%.o: tests/bench/%.S
	@mkdir -p $(@D)
	$(CC) $(PV_CFLAGS) -c -o $@ $<

$(B)/bench/bench.elf: $(BENCH_OBJS) $(PVGUEST_PAGE) $(PVGUEST_LIB) $(PVGUEST_LD)
	$(PVGUEST_LINK)

guests: $(B)/bench/bench.elf

bench: $(B)/xen/xen
	@$(JOBS) $(B)/philoxen $(B)/bench/bench.elf
	@tests/bench/run

# `make bench-boot`: QEMU's plugin that counts, and the /init that ends a measured boot.
$(B)/bench/count.so: tests/bench/boot/count.c
	@mkdir -p $(@D)
	$(CC) $(COMMON) -O2 -shared -fPIC -fvisibility=hidden $< -o $@

$(B)/bench/boot-init: tests/bench/boot/init.S
	@mkdir -p $(@D)
	$(CC) -nostdlib -static -Wl,--build-id=none $< -o $@

$(B)/xen/xen-syms: tools/run/fetch-xen
	tools/run/fetch-xen $(B) syms

BENCH_BOOT := $(addprefix $(B)/,bench/count.so bench/boot-init dom0/vmlinuz)
host-tests: $(B)/bench/count.so $(B)/bench/boot-init

bench-boot: $(B)/xen/xen $(B)/xen/xen-syms $(BENCH_BOOT)
	@$(JOBS) $(B)/philoxen
	@tests/bench/boot/run $(if $(INITRD),--initrd '$(INITRD)')

hv-profile: $(BENCH_BOOT)
	@$(JOBS) $(B)/philoxen
	@tests/bench/boot/run --profile $(or $(TOP),30)

# `make bench-create`: the guest, and what runs in Dom0.
$(B)/bench/first.elf: tests/bench/create/first.S $(PVGUEST_LD)
	@mkdir -p $(@D)
	$(CC) $(PV_CFLAGS) -nostdlib -static -Wl,--build-id=none -Wl,-z,max-page-size=4096 -Wl,-z,noexecstack \
	    -Wl,--no-warn-rwx-segments -T $(PVGUEST_LD) $< -o $@

$(B)/bench/true-static: tests/bench/create/true.c
	@mkdir -p $(@D)
	$(CC) $(DOM0_CFLAGS) -static $< -o $@

$(B)/bench/true-dynamic: tests/bench/create/true.c
	@mkdir -p $(@D)
	$(CC) $(DOM0_CFLAGS) $< -o $@

$(B)/bench/create: tests/bench/create/create.c $(B)/tools/libpxl.a
	@mkdir -p $(@D)
	$(CC) $(LIBPXL_CFLAGS) -static $(filter %.c %.a,$^) $(LIBPXL_LIBS) -o $@

BENCH_CREATE := $(addprefix $(B)/bench/,first.elf true-static true-dynamic create)
host-tests: $(BENCH_CREATE)

bench-create: $(B)/xen/xen
	@$(JOBS) $(B)/philoxen programs $(BENCH_CREATE) $(B)/dom0/tools.img
	@tests/bench/create/run $(if $(COUNT),--count $(COUNT) --xl-count $(COUNT)) $(ONLY:%=--only %)

# `make bench-io`: what runs in Dom0 and in the guest, and the plugin that counts between its marks.
$(B)/bench/io: tests/bench/io/io.c
	@mkdir -p $(@D)
	$(CC) $(DOM0_CFLAGS) -static -fno-pie -Wl,-Ttext-segment=0x5a5a0000 $< -o $@

$(B)/bench/io-count.so: tests/bench/io/count.c tests/bench/boot/qemu_plugin.h
	@mkdir -p $(@D)
	$(CC) $(COMMON) -O2 -shared -fPIC -fvisibility=hidden $< -o $@

BENCH_IO := $(addprefix $(B)/bench/,io io-count.so)
host-tests: $(BENCH_IO)

bench-io: $(B)/xen/xen
	@$(JOBS) $(B)/philoxen programs $(BENCH_IO) $(B)/dom0/pxl.img
	@tests/bench/io/run $(ONLY:%=--only %) $(HV:%=--hv %) $(if $(CPUS),--cpus $(CPUS))

-include $(wildcard $(B)/bench/*.d)
