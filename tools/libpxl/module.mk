# SPDX-License-Identifier: MIT
# libpxl: build/tools/libpxl.a. It shares the readers of kernels with the hypervisor's own builder.

LIBPXL_SOURCES := $(wildcard tools/libpxl/*.c) \
                  hypervisor/boot/elfplan.c hypervisor/boot/elfnotes.c hypervisor/boot/bzimage.c \
                  hypervisor/boot/domlayout.c hypervisor/boot/decompress.c
LIBPXL_OBJECTS := $(LIBPXL_SOURCES:%.c=$(B)/host/pxl/%.o)
LIBPXL_CFLAGS  := $(DOM0_CFLAGS) -D_GNU_SOURCE -Ihypervisor -Iabi -Itools/libpxl
LIBPXL_LIBS    := -lxenforeignmemory -lxencall -lxenstore -lxentoolcore -lxentoollog -lyajl_s -llzma -lz -lzstd -llz4 -pthread

$(LIBPXL_OBJECTS): $(B)/host/pxl/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(LIBPXL_CFLAGS) -c -o $@ $<

$(B)/tools/libpxl.a: $(LIBPXL_OBJECTS)
	@mkdir -p $(@D)
	rm -f $@ && ar rcs $@ $^

programs: $(B)/tools/libpxl.a

-include $(LIBPXL_OBJECTS:.o=.d)
