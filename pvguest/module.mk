# SPDX-License-Identifier: MIT
# pvguest: a library for small PV guests, and one image per file in apps/.
#
# build/pvguest/libpvguest.a   the library (pvguest/lib) and the drivers (pvguest/drivers)
# build/pvguest/<app>.elf      pvguest/apps/<app>.c; *-nopage.c has hypercall stubs of its own
#                              instead of the hypervisor's page
# build/pvguest/liblwip.a      lwIP and its port (pvguest/net), for the apps of LWIP_APPS
# PVGUEST_LINK                 the link recipe, which tests/guest uses too: images keep their
#                              symbols, the debug information goes to <image>.debug

PVGUEST_OBJS := $(patsubst %.c,$(B)/%.o,$(wildcard pvguest/lib/*.c pvguest/drivers/*.c)) \
                $(patsubst %.S,$(B)/%.o,$(filter-out %page.S,$(wildcard pvguest/lib/*.S)))
PVGUEST_LIB  := $(B)/pvguest/libpvguest.a
PVGUEST_PAGE := $(B)/pvguest/lib/hypercall_page.o
PVGUEST_NOPAGE := $(B)/pvguest/lib/hypercall_nopage.o
PVGUEST_LD   := pvguest/lib/pvguest.ld

PVGUEST_APPS := $(patsubst pvguest/apps/%.c,$(B)/pvguest/%.elf,$(wildcard pvguest/apps/*.c))

# lwIP, from Debian's sources, and its port to the network front end (pvguest/net), for the apps that use them.
LWIP        := $(B)/lwip/src
LWIP_LIB    := $(B)/pvguest/liblwip.a
LWIP_CFLAGS  = $(PV_CFLAGS) -Ipvguest/net -isystem $(LWIP)/src/include
LWIP_PARTS  := def inet_chksum init ip mem memp netif pbuf raw stats sys tcp tcp_in tcp_out timeouts udp \
               ipv4/dhcp ipv4/etharp ipv4/icmp ipv4/ip4 ipv4/ip4_addr ipv4/ip4_frag
LWIP_OBJS   := $(LWIP_PARTS:%=$(B)/lwip/obj/core/%.o) $(B)/lwip/obj/netif/ethernet.o
LWIP_APPS   := net

PVGUEST_LINK = $(CC) -nostdlib -static -Wl,--build-id=none -Wl,--gc-sections \
               -Wl,-z,max-page-size=4096 -Wl,-z,noexecstack -Wl,--no-warn-rwx-segments \
               -Wl,-u,_start -T $(PVGUEST_LD) -o $@.debug $(filter %.o,$^) -Wl,--start-group $(filter %.a,$^) -Wl,--end-group && \
               objcopy --strip-debug $@.debug $@

$(B)/pvguest/lib/%.o: pvguest/lib/%.c
	@mkdir -p $(@D)
	$(CC) $(PV_CFLAGS) -ffunction-sections -fdata-sections -c -o $@ $<

$(B)/pvguest/drivers/%.o: pvguest/drivers/%.c
	@mkdir -p $(@D)
	$(CC) $(PV_CFLAGS) -ffunction-sections -fdata-sections -c -o $@ $<

$(B)/pvguest/lib/%.o: pvguest/lib/%.S
	@mkdir -p $(@D)
	$(CC) $(PV_CFLAGS) -c -o $@ $<

$(B)/pvguest/apps/%.o: pvguest/apps/%.c
	@mkdir -p $(@D)
	$(CC) $(PV_CFLAGS) -ffunction-sections -fdata-sections -c -o $@ $<

$(B)/lwip/.done: pvguest/net/fetch-lwip
	pvguest/net/fetch-lwip $(B)/lwip
	@touch $@

$(LWIP_OBJS): $(B)/lwip/obj/%.o: $(B)/lwip/.done pvguest/net/lwipopts.h pvguest/net/arch/cc.h
	@mkdir -p $(@D)
	$(CC) $(LWIP_CFLAGS) -w -ffunction-sections -fdata-sections -c -o $@ $(LWIP)/src/$*.c

$(B)/pvguest/net/%.o: pvguest/net/%.c $(B)/lwip/.done
	@mkdir -p $(@D)
	$(CC) $(LWIP_CFLAGS) -ffunction-sections -fdata-sections -c -o $@ $<

$(LWIP_LIB): $(LWIP_OBJS) $(patsubst %.c,$(B)/%.o,$(wildcard pvguest/net/*.c))
	@rm -f $@
	ar rcs $@ $^

$(LWIP_APPS:%=$(B)/pvguest/apps/%.o): $(B)/lwip/.done
$(LWIP_APPS:%=$(B)/pvguest/apps/%.o): PV_CFLAGS += -Ipvguest/net -isystem $(LWIP)/src/include
$(LWIP_APPS:%=$(B)/pvguest/%.elf): $(LWIP_LIB)

$(PVGUEST_LIB): $(PVGUEST_OBJS)
	@rm -f $@
	ar rcs $@ $^

$(B)/pvguest/%-nopage.elf: $(B)/pvguest/apps/%-nopage.o $(PVGUEST_NOPAGE) $(PVGUEST_LIB) $(PVGUEST_LD)
	$(PVGUEST_LINK)

$(B)/pvguest/%.elf: $(B)/pvguest/apps/%.o $(PVGUEST_PAGE) $(PVGUEST_LIB) $(PVGUEST_LD)
	$(PVGUEST_LINK)

.PHONY: pvguest
pvguest: $(PVGUEST_APPS)
guests: pvguest

-include $(wildcard $(B)/pvguest/lib/*.d $(B)/pvguest/drivers/*.d $(B)/pvguest/net/*.d $(B)/pvguest/apps/*.d)
