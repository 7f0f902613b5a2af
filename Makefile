# SPDX-License-Identifier: MIT
# Philoxen's one Makefile: the verbs, the compilers' flags and the packages. What is built from
# which files stands in the folders' module.mk. All output goes below build/.

B  := build
CC := gcc

# Debian packages that building and testing need; `tools/run/deps` installs the missing ones.
PACKAGES := gcc libc6-dev binutils clang clang-format libclang-rt-14-dev python3 \
            libxen-dev libyajl-dev liblz4-dev libcriterion-dev liblzma-dev zlib1g-dev libzstd-dev \
            qemu-system-x86 grub-pc-bin grub-common xorriso mtools xz-utils zstd kmod \
            mmdebstrap fakeroot e2fsprogs dpkg-dev liburing-dev libnbd-dev \
            libnl-route-3-dev libnftables-dev

C_FOLDERS := $(wildcard abi hypervisor pvguest dom0 tools tests)

# The suites of `make test`, in this order; `make suite-X` runs X alone.
SUITES := build clang check unit model fuzz store guest system

# A sub-make with as many jobs as there are processors.
JOBS   := $(MAKE) --no-print-directory -j$(shell nproc)
export B

WARNINGS := -Wall -Wextra -Wshadow -Werror
COMMON   := -std=gnu17 -g $(WARNINGS) -fno-strict-aliasing -fno-common -MMD -MP

# Code that runs on the bare machine or in a guest: no host library, no red zone (interrupts use
# the same stack), frame pointers for backtraces. Vector registers belong to the guests; the few
# files that unpack kernels at boot filter -mgeneral-regs-only out.
BARE     := -O2 -ffreestanding -fno-pic -fno-pie -mno-red-zone -mcmodel=kernel -mgeneral-regs-only \
            -fno-stack-protector -fno-asynchronous-unwind-tables -fcf-protection=none \
            -fno-omit-frame-pointer

HV_CFLAGS   := $(COMMON) $(BARE) -Ihypervisor -Iabi -I$(B)/gen
PV_CFLAGS   := $(COMMON) $(BARE) -Ipvguest/lib -Ipvguest/drivers -Iabi -I$(B)/gen
HOST_CFLAGS := $(COMMON) -O1 -fno-omit-frame-pointer -fsanitize=address,undefined \
               -fno-sanitize-recover=all -Ihypervisor -Iabi -I$(B)/gen
# Programs of Dom0: ordinary ones, on the machine's libraries.
DOM0_CFLAGS := $(COMMON) -O2 -D_FORTIFY_SOURCE=2 -fstack-protector-strong

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SECONDARY:
.PHONY: all programs run store bench-store test conformance bench bench-boot bench-create bench-io hv-profile iso fuzz unit model guests guest system check clean deps \
        format format-check help host-tests $(SUITES:%=suite-%)

# Every goal but these two starts with the packages: make builds an included file first.
ifneq ($(filter-out help clean,$(or $(MAKECMDGOALS),all)),)
include $(B)/deps.mk
endif
$(B)/deps.mk: Makefile tools/run/deps
	@mkdir -p $(B)
	@tools/run/deps $(PACKAGES)
	@echo '# The packages of the Makefile are installed.' >$@

# To `guests` they add the images of pvguest/ and tests/, to `host-tests` the programs that run on
# this machine, to `bench` and `fuzz` the recipes.
-include abi/module.mk hypervisor/module.mk pvguest/module.mk tests/module.mk dom0/module.mk
-include tests/guest/module.mk tests/fuzz/module.mk tests/bench/module.mk
-include dom0/lib/module.mk dom0/store/module.mk dom0/console/module.mk dom0/backend/module.mk tools/libpxl/module.mk tools/pxl/module.mk

all: ## build the hypervisor, the guests and the programs
all: $(B)/philoxen guests programs

run: ## boot Debian's kernel as Dom0, with a shell (GUEST=hello: a guest of ours; DOM0=, HV=, see README)
ifdef GUEST
run:
	@$(JOBS) $(RUN_HV) $(B)/pvguest/$(GUEST).elf
	@tools/run/run-guest --terminal $(HV:%=--hv %) $(B)/pvguest/$(GUEST).elf
else
run:
	@$(JOBS) $(RUN_NEEDS)
	@tools/run/run-dom0 --terminal --dom0 $(RUN_DOM0) $(if $(HVARGS),--hv-args '$(HVARGS)') \
	    $(foreach v,HV SMP MEM DOM0_MEM CPU MACHINE DISK NIC APPEND,$(call run_option,$v))
endif

test: ## run every suite of tests; the last line is the sum
test:
	@rm -rf $(B)/results
	@$(MAKE) --no-print-directory -k -j1 $(SUITES:%=suite-%) || true
	@tools/run/summary $(B)/results $(SUITES)

conformance: ## run the test guests on Debian's Xen and on Philoxen, and compare
conformance: $(B)/xen/xen
	@$(JOBS) all
	@tools/run/conformance $(if $(ONLY),--only '$(ONLY)')

bench: ## count the instructions of the ABI's operations on Xen and on Philoxen

bench-boot: ## count the instructions of Linux's boot as first domain on Xen and on Philoxen

bench-create: ## create up to 1,000 guests, pxl on Philoxen and on Xen beside xl on Xen, and draw the curves (COUNT=N)

bench-io: ## measure a guest's disk and network on Xen and on Philoxen, beside Dom0's (ONLY=time|count, HV=, CPUS=)

hv-profile: ## say which functions of Philoxen take the most instructions of that boot (TOP=N)

fuzz: ## give each fuzz target a short run

programs: ## build the programs of Dom0

guests: ## build the guests

unit: ## unit tests of core on this machine, with sanitizers
unit:
	@$(JOBS) suite-unit
	@tools/run/summary $(B)/results unit

model: ## random operations on core, audited
model:
	@$(JOBS) suite-model
	@tools/run/summary $(B)/results model

store: ## the store daemon, beside Debian's xenstored (ONLY=SCENE chooses)
store: host-tests $(B)/dom0/pxstored $(B)/xenstored/.done
	@tests/store/run $(ONLY)

bench-store: ## time pxstored beside Debian's xenstored, with 1, 100 and 1,000 domains
bench-store: $(B)/dom0/pxstored $(B)/tests/fakehv.so $(B)/tests/bench_store $(B)/xenstored/.done
	@python3 tests/store/bench.py | tee $(B)/bench-store.txt

guest: ## run the test guests on Philoxen alone (ONLY=PATTERN chooses)
guest:
	@$(JOBS) all
	@tools/run/conformance --hv philoxen $(if $(ONLY),--only '$(ONLY)')

system: ## whole boots (ONLY=PATTERN chooses, FULL=1 for every machine)
system:
	@$(JOBS) all system-needs
	@tests/system/run $(if $(ONLY),--only '$(ONLY)') $(if $(FULL),--full)

test-matrix: ## boot Linux as Dom0 on every pair of machine, CPUs, memory, CPU model, disk and NIC
test-matrix:
	@$(JOBS) all system-needs
	@tests/system/run --full --only 'linux_boot*'

test-xl: ## Debian's xl in Dom0 on Xen and on Philoxen: the same commands, their answers compared (MANY=N domains)
test-xl: $(B)/xen/xen
	@$(JOBS) all system-needs $(XL_NEEDS)
	@tests/system/xl/run $(if $(MANY),--many $(MANY))

test-stress: ## long loads in Dom0 (`make test` has the short ones)
test-stress:
	@$(JOBS) all system-needs
	@tests/system/run --full --only 'linux_stress*'

test-pxl: ## pxl in Dom0, with kills and failures at each step
test-pxl:
	@$(JOBS) all system-needs
	@tests/system/run --full --only 'pxl*'

test-io: ## disks and networks with real input and faults: Debian guests, both back ends, on Xen and on Philoxen
test-io:
	@$(JOBS) all system-needs $(IO_NEEDS)
	@tests/system/run --full --only 'io*'

check: ## check the sources' rules: includes, sizes, licence lines, claims
check:
	@tests/check/run

iso: ## make a bootable image for GRUB: build/philoxen.iso
iso: $(B)/philoxen.iso

format: ## lay out all C files with clang-format
format:
	@find $(C_FOLDERS) -name '*.[ch]' | xargs clang-format -i

format-check: ## say which C files clang-format would change
format-check:
	@find $(C_FOLDERS) -name '*.[ch]' | xargs clang-format --dry-run -Werror

help: ## print this list
	@awk -F ': ## ' '/^[a-z-]+: ## / { printf "make %-14s %s\n", $$1, $$2 }' Makefile

clean: ## remove everything that was built
	rm -rf $(B)

deps: ## install the missing Debian packages
deps:

# The suites of `make test`. Each one builds what it needs, so that a build that fails is a failed
# test and not the end; only the summary has a status.
suite-build:
	@tools/run/suite build tools/run/build-test gcc $(JOBS) -ks all host-tests

suite-clang:
	@tools/run/suite clang tools/run/build-test clang $(JOBS) -ks CC=clang B=$(B)/clang all host-tests

suite-check:
	@tools/run/suite check tests/check/run

suite-unit: $(UNIT_BINS)
	@tools/run/suite unit tools/run/unit $^

suite-model: $(B)/tests/model
	@tools/run/suite model timeout 300 $<

suite-store: host-tests $(B)/dom0/pxstored $(B)/xenstored/.done
	@tools/run/suite store tests/store/run

suite-guest: all
	@tools/run/suite guest tools/run/conformance --expected tests/guest/expected.txt

suite-system: all system-needs
	@tools/run/suite system tests/system/run

.PHONY: system-needs
system-needs: $(SYSTEM_NEEDS)

$(B)/xen/xen: tools/run/fetch-xen
	tools/run/fetch-xen $(B)

# GRUB's image: the hypervisor by multiboot2, the first domain as its module.
$(B)/philoxen.iso: $(B)/philoxen $(B)/pvguest/hello.elf tools/run/make-iso
	tools/run/make-iso $@ $(B)/philoxen $(B)/pvguest/hello.elf
