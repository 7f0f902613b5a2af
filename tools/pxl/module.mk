# SPDX-License-Identifier: MIT
# pxl, the command: build/dom0/pxl; its manual page and completion beside it. It is linked statically: finding ten libraries
# took longer than making a domain.

PXL_SOURCES := $(wildcard tools/pxl/*.c)
PXL_OBJECTS := $(PXL_SOURCES:%.c=$(B)/%.o)

$(PXL_OBJECTS): $(B)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(LIBPXL_CFLAGS) -c -o $@ $<

$(B)/dom0/pxl: $(PXL_OBJECTS) $(B)/tools/libpxl.a
	@mkdir -p $(@D)
	$(CC) $(DOM0_CFLAGS) -static -o $@ $^ $(LIBPXL_LIBS)

$(B)/dom0/pxl.1: $(B)/dom0/pxl
	$< manpage >$@

$(B)/dom0/pxl.bash: $(B)/dom0/pxl
	$< completion >$@

$(B)/dom0/pxl.cfg.5: tools/pxl/pxl.cfg.5
	@mkdir -p $(@D)
	cp $< $@

programs: $(B)/dom0/pxl $(B)/dom0/pxl.1 $(B)/dom0/pxl.bash $(B)/dom0/pxl.cfg.5

-include $(PXL_OBJECTS:.o=.d)
