#!/bin/sh
# SPDX-License-Identifier: MIT
# The first process of the Linux guest of linux.sh.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
modprobe xen-blkfront 2>/dev/null
i=0
while [ ! -e /sys/block/xvda/size ] && [ $i -lt 50 ]; do i=$((i + 1)); usleep 100000; done
grep -q '^flags.* rdrand' /proc/cpuinfo && flags=rdrand || flags=none
# What e820_host= shows lies above what the guest has.
dmesg | grep -Eq 'Xen: .mem 0x00000000[4-f][0-9a-f]{7}-.*reserved' && map=holes || map=plain
echo "GUEST FLAGS $flags"
echo "GUEST MAP $map"
echo "GUEST LINE $(cat /proc/cmdline)"
echo "GUEST UP cpus $(grep -c ^processor /proc/cpuinfo) xvda $(cat /sys/block/xvda/size)" >/dev/console
while :; do
    sleep 1
done
