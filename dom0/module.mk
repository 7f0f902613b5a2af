# SPDX-License-Identifier: MIT
# Dom0's kernel and images, from Debian packages: dom0/image.

DOM0_DIR := $(B)/dom0
IMAGE_SOURCES := $(wildcard dom0/image/*) $(shell find dom0/image/root -type f)

$(DOM0_DIR)/vmlinuz: dom0/image/kernel
	dom0/image/kernel $(B)

$(DOM0_DIR)/small.img: $(DOM0_DIR)/vmlinuz $(IMAGE_SOURCES)
	dom0/image/small -o $@

# Debian's xl with its daemons; what Python it uses (pygrub) is left out.
$(DOM0_DIR)/xl.img: $(DOM0_DIR)/vmlinuz $(IMAGE_SOURCES)
	dom0/image/small -o $@ --packages "xen-utils-4.17 xenstore-utils bash iproute2 util-linux" \
	    --without "python3 libpython3-stdlib udev"

# Tools that load a machine and compile on it, without what gcc needs for -flto and -fsanitize.
$(DOM0_DIR)/test.img: $(DOM0_DIR)/vmlinuz $(IMAGE_SOURCES)
	dom0/image/small -o $@ --packages "stress-ng gcc libc6-dev make coreutils" \
	    --without "libasan8 liblsan0 libtsan2 libubsan1 libegl-mesa0 libgprofng0" \
	    --drop "usr/lib/gcc/*/*/lto1 usr/bin/*-lto-dump-* usr/bin/*-dwp usr/bin/*-ld.gold"

SYSTEM_NEEDS += $(DOM0_DIR)/small.img
