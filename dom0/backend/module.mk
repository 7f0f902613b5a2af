# SPDX-License-Identifier: MIT
# pxbackd, the back ends of disks and network cards: build/dom0/pxbackd, a program of Dom0's.

BACKEND_SOURCES := $(wildcard dom0/backend/*.c)
BACKEND_OBJECTS := $(BACKEND_SOURCES:%.c=$(B)/%.o)

$(BACKEND_OBJECTS): $(B)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(DOM0_CFLAGS) -I. -Idom0/lib -I/usr/include/libnl3 -c -o $@ $<

$(B)/dom0/pxbackd: $(BACKEND_OBJECTS) $(B)/dom0/console/ring.o $(DOM0_LIB)
	@mkdir -p $(@D)
	$(CC) $(DOM0_CFLAGS) -o $@ $^ -lxencall -lxenevtchn -lxengnttab -lxenstore -luring -lnl-3 -lnl-route-3 -lnftables -ldl

programs: $(B)/dom0/pxbackd

-include $(BACKEND_OBJECTS:.o=.d)
