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

-include $(wildcard $(B)/bench/*.d)
