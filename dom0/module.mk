# SPDX-License-Identifier: MIT
# Dom0's kernel and images, from Debian packages: dom0/image.

DOM0_DIR := $(B)/dom0
IMAGE_SOURCES := $(wildcard dom0/image/*) $(shell find dom0/image/root -type f)

$(DOM0_DIR)/vmlinuz: dom0/image/kernel
	dom0/image/kernel $(B)

# Debian's kernel for clouds, and an image for a DomU of it.
$(DOM0_DIR)/cloud/vmlinuz: dom0/image/kernel
	dom0/image/kernel $(B) cloud

$(DOM0_DIR)/cloud.img: $(DOM0_DIR)/cloud/vmlinuz $(IMAGE_SOURCES)
	dom0/image/small -o $@ --kernel $(<D) --modules "xen-blkfront xen-netfront"

$(DOM0_DIR)/small.img: $(DOM0_DIR)/vmlinuz $(IMAGE_SOURCES)
	dom0/image/small -o $@

# Debian's xl with its daemons; what Python it uses (pygrub) is left out.
$(DOM0_DIR)/xl.img: $(DOM0_DIR)/vmlinuz $(IMAGE_SOURCES)
	dom0/image/small -o $@ --packages "xen-utils-4.17 xenstore-utils bash bsdutils iproute2 util-linux" \
	    --without "python3 libpython3-stdlib udev"

# Our own toolstack with its daemons, and two guests to start: dom0/image/examples.
PXL_PROGRAMS := $(addprefix $(DOM0_DIR)/,pxl pxstored pxconsoled pxbackd)
PXL_PACKAGES := libxencall1 libxenforeignmemory1 libxenevtchn1 libxengnttab1 libxenstore4 libyajl2 \
                liblz4-1 liblzma5 zlib1g libzstd1 liburing2 xenstore-utils \
                libnl-route-3-200 libnftables1

PXL_EXAMPLES := $(DOM0_DIR)/vmlinuz $(DOM0_DIR)/small.img $(B)/pvguest/sleep.elf $(B)/pvguest/hello.elf $(B)/pvguest/net.elf

$(DOM0_DIR)/pxl.img: $(IMAGE_SOURCES) $(wildcard dom0/image/examples/*) $(PXL_PROGRAMS) $(PXL_EXAMPLES)
	@rm -rf $(DOM0_DIR)/pxl.d && mkdir -p $(DOM0_DIR)/pxl.d/usr/local/sbin $(DOM0_DIR)/pxl.d/root
	install -s -t $(DOM0_DIR)/pxl.d/usr/local/sbin $(PXL_PROGRAMS)
	install -t $(DOM0_DIR)/pxl.d/usr/local/sbin dom0/image/examples/px-examples
	install -m 644 -t $(DOM0_DIR)/pxl.d/root $(PXL_EXAMPLES) dom0/image/examples/*.cfg
	mkdir -p $(DOM0_DIR)/pxl.d/etc && cat dom0/image/root/etc/motd dom0/image/examples/motd >$(DOM0_DIR)/pxl.d/etc/motd
	printf 'name = "hello"\nkernel = "/root/hello.elf"\nmemory = 8\n' >$(DOM0_DIR)/pxl.d/root/hello.cfg
	mkdir -p $(DOM0_DIR)/disk.d && echo "What the example guest writes here stays until Dom0 ends." >$(DOM0_DIR)/disk.d/README
	mke2fs -q -F -t ext4 -O ^has_journal -d $(DOM0_DIR)/disk.d $(DOM0_DIR)/pxl.d/root/disk.ext4 16M && rm -r $(DOM0_DIR)/disk.d
	dom0/image/small -o $@ --packages "$(PXL_PACKAGES)" --modules "nft_chain_nat nft_masq" --add $(DOM0_DIR)/pxl.d

# The same with what disks of QEMU's formats, p9= and vfb= need.
$(DOM0_DIR)/qemu.img: $(DOM0_DIR)/pxl.img
	dom0/image/small -o $@ --packages "$(PXL_PACKAGES) qemu-utils libnbd0 qemu-system-xen" --without "seabios ipxe-qemu" \
	    --modules "nft_chain_nat nft_masq" --add $(DOM0_DIR)/pxl.d

# Debian's xl and its daemons, which nobody starts at boot, and what our programs need: for the tests of pxl.
$(DOM0_DIR)/tools.img: $(DOM0_DIR)/vmlinuz $(IMAGE_SOURCES)
	dom0/image/small -o $@ --packages "xen-utils-4.17 xenstore-utils libyajl2" --drop usr/sbin/xl \
	    --without "python3 libpython3-stdlib udev"

# Tools that load a machine and compile on it, without what gcc needs for -flto and -fsanitize.
$(DOM0_DIR)/test.img: $(DOM0_DIR)/vmlinuz $(IMAGE_SOURCES)
	dom0/image/small -o $@ --packages "stress-ng gcc libc6-dev make coreutils" \
	    --without "libasan8 liblsan0 libtsan2 libubsan1 libegl-mesa0 libgprofng0" \
	    --drop "usr/lib/gcc/*/*/lto1 usr/bin/*-lto-dump-* usr/bin/*-dwp usr/bin/*-ld.gold"

# A Debian of its own, with systemd, on a disk; what Dom0 writes to the disk stays there.
$(DOM0_DIR)/debian/root.ext4: dom0/image/debian dom0/image/debian-setup
	dom0/image/debian $(@D)

$(DOM0_DIR)/debian-xl/root.ext4: dom0/image/debian dom0/image/debian-setup
	dom0/image/debian --xl $(@D)

# The disk of the guests of `make test-io`.
$(DOM0_DIR)/debian-io/root.ext4: dom0/image/debian dom0/image/debian-setup
	dom0/image/debian --with fio,iperf3 $(@D)

# What `make run` boots, and its variables' names as options.
RUN_HV    := $(if $(filter xen,$(HV)),$(B)/xen/xen,$(B)/philoxen)
RUN_DOM0  := $(or $(DOM0),pxl)$(if $(filter debian,$(DOM0)),$(if $(XL),-xl))
RUN_NEEDS := $(RUN_HV) $(if $(filter debian%,$(RUN_DOM0)),$(DOM0_DIR)/$(RUN_DOM0)/root.ext4,\
               $(DOM0_DIR)/vmlinuz $(DOM0_DIR)/$(RUN_DOM0).img)
run_option = $(if $($1),--$(subst _,-,$(shell echo $1 | tr A-Z a-z)) '$($1)')

SYSTEM_NEEDS += $(DOM0_DIR)/small.img $(DOM0_DIR)/pxl.img $(DOM0_DIR)/qemu.img $(DOM0_DIR)/xl.img
SYSTEM_NEEDS += $(DOM0_DIR)/tools.img
