# SPDX-License-Identifier: MIT
# The hypervisor: build/philoxen (ELF32, multiboot 1 and 2) and build/philoxen.elf64 (with symbols).
# All *.c and *.S of the folders are compiled; HV_SRCS=... overrides.

HV_DIR  := hypervisor
HV_OUT  := $(B)/hypervisor
HV_SRCS ?= $(filter-out $(HV_DIR)/x86/offsets.c $(HV_DIR)/boot/boot32.S, \
             $(foreach d,lib core hypercall x86 boot,$(wildcard $(HV_DIR)/$(d)/*.c $(HV_DIR)/$(d)/*.S)))
HV_OBJS := $(patsubst $(HV_DIR)/%,$(HV_OUT)/%.o,$(HV_SRCS))

# Position-independent code at a fixed address: the top 2 GiB, where -mcmodel=kernel code would
# live, are the guests'. Unused functions (of the unpackers, mostly) are dropped.
HV_CODE := -fpie -ffunction-sections -fdata-sections
HV_CC   := $(CC) $(filter-out -mcmodel=kernel -fno-pic -fno-pie,$(HV_CFLAGS)) $(HV_CODE)
# For files that use vector registers, which they may only while no guest has run yet.
HV_SSE_CC := $(filter-out -mgeneral-regs-only,$(HV_CC))
HV_SSE_OBJS := $(HV_OUT)/boot/decompress.c.o
# clang reads inline assembly itself, even on the way to assembly text, and offsets.c's is none.
HV_OFFSETS_CC := $(HV_CC) $(if $(findstring clang,$(CC)),-fno-integrated-as)
HV_LINK := $(CC) -nostdlib -static -Wl,--no-relax -Wl,--gc-sections -Wl,--build-id=none \
           -Wl,-z,max-page-size=4096 -Wl,-z,noexecstack -Wl,--no-warn-rwx-segments \
           -T $(HV_DIR)/hypervisor.ld
# Static libraries that boot/decompress.c may pull from; libgcc for what the compiler calls.
HV_LIBS := $(foreach l,lzma z zstd,$(shell $(CC) -print-file-name=lib$(l).a)) \
           $(shell $(CC) -print-libgcc-file-name)

$(B)/gen/offsets.h: $(HV_DIR)/x86/offsets.c
	@mkdir -p $(@D)
	@$(HV_OFFSETS_CC) -MF $(B)/gen/offsets.d -MT $@ -S $< -o $(B)/gen/offsets.s
	@sed -n 's/^->\([A-Za-z0-9_]*\) \$$*\(.*\)/#define \1 \2/p' $(B)/gen/offsets.s >$@

$(HV_OUT)/%.c.o: $(HV_DIR)/%.c
	@mkdir -p $(@D)
	@echo "CC $<"
	@$(HV_CC) -c $< -o $@

$(HV_SSE_OBJS): $(HV_OUT)/%.c.o: $(HV_DIR)/%.c
	@mkdir -p $(@D)
	@echo "CC $<"
	@$(HV_SSE_CC) -c $< -o $@

$(HV_OUT)/%.S.o: $(HV_DIR)/%.S $(B)/gen/offsets.h
	@mkdir -p $(@D)
	@echo "AS $<"
	@$(HV_CC) -D__ASSEMBLY__ -c $< -o $@

# Linked twice: the first time to learn where the functions are, for the backtraces' symbol table.
$(B)/gen/symbols0.S: $(HV_DIR)/symbols.awk
	@mkdir -p $(@D)
	@awk -f $(HV_DIR)/symbols.awk /dev/null >$@

$(HV_OUT)/symbols0.elf: $(HV_OBJS) $(B)/gen/symbols0.S $(HV_DIR)/hypervisor.ld
	@$(HV_LINK) $(HV_OBJS) $(B)/gen/symbols0.S $(HV_LIBS) -o $@

$(B)/gen/symbols.S: $(HV_OUT)/symbols0.elf $(HV_DIR)/symbols.awk
	@nm -n $< | awk -f $(HV_DIR)/symbols.awk >$@

$(B)/philoxen.elf64: $(HV_OBJS) $(B)/gen/symbols.S $(HV_DIR)/hypervisor.ld
	@$(HV_LINK) $(HV_OBJS) $(B)/gen/symbols.S $(HV_LIBS) -o $@

$(HV_OUT)/image.bin: $(B)/philoxen.elf64
	@objcopy -O binary $< $@

$(B)/philoxen: $(HV_OUT)/image.bin $(HV_DIR)/boot/boot32.S $(HV_DIR)/boot/boot32.ld
	@$(CC) -m32 -nostdlib -static -DIMAGE_FILE='"$<"' $(HV_DIR)/boot/boot32.S -o $@ \
	    -T $(HV_DIR)/boot/boot32.ld -Wl,--build-id=none -Wl,-z,max-page-size=4096 \
	    -Wl,--no-warn-rwx-segments -Wl,--defsym=IMAGE_BYTES=0x$$(nm $(B)/philoxen.elf64 | \
	    awk '/ image_end$$/ { print substr($$1, 9) }')-0x40000000

-include $(shell find $(HV_OUT) $(B)/gen -name '*.d' 2>/dev/null)
