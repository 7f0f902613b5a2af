# SPDX-License-Identifier: MIT
# pxstored, the store daemon: build/dom0/pxstored, a program of Dom0's.

STORE_SOURCES := $(wildcard dom0/store/*.c)
STORE_OBJECTS := $(STORE_SOURCES:%.c=$(B)/%.o)

$(STORE_OBJECTS): $(B)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(DOM0_CFLAGS) -Idom0/lib -c -o $@ $<

$(B)/dom0/pxstored: $(STORE_OBJECTS) $(DOM0_LIB)
	@mkdir -p $(@D)
	$(CC) $(DOM0_CFLAGS) -o $@ $^ -lxencall -lxenevtchn -lxengnttab -lxenforeignmemory

programs: $(B)/dom0/pxstored

SYSTEM_NEEDS += $(B)/dom0/pxstored $(B)/dom0/xl.img $(B)/xen/xen

-include $(STORE_OBJECTS:.o=.d)
