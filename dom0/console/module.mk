# SPDX-License-Identifier: MIT
# pxconsoled, the console daemon: build/dom0/pxconsoled, a program of Dom0's.

CONSOLE_SOURCES := $(wildcard dom0/console/*.c)
CONSOLE_OBJECTS := $(CONSOLE_SOURCES:%.c=$(B)/%.o)

$(CONSOLE_OBJECTS): $(B)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(DOM0_CFLAGS) -Idom0/lib -c -o $@ $<

$(B)/dom0/pxconsoled: $(CONSOLE_OBJECTS) $(DOM0_LIB)
	@mkdir -p $(@D)
	$(CC) $(DOM0_CFLAGS) -o $@ $^ -lxencall -lxenevtchn -lxengnttab -lxenforeignmemory -lxenstore

programs: $(B)/dom0/pxconsoled

-include $(CONSOLE_OBJECTS:.o=.d)
