#!/bin/sh
# SPDX-License-Identifier: MIT
# The first process of the Linux guest of qemu.sh: uses what it has of a 9p share, a frame buffer and a disk.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
exec >/dev/console 2>&1
modprobe -a xen-blkfront xen-netfront 9p 9pnet_xen
# The share is there when its front end is connected.
until_there() { n=100; until "$@" 2>/dev/null || [ $n = 0 ]; do n=$((n - 1)); usleep 100000; done; }
if [ -e /sys/bus/xen/devices/9pfs-0 ]; then
    until_there mount -t 9p -o trans=xen,version=9p2000.L share /mnt
    echo "GUEST SHARE $(cat /mnt/hello)"
    dd if=/dev/urandom of=/mnt/data bs=64k count=16 2>/dev/null
    sync
    echo "GUEST WROTE $(md5sum </mnt/data)"
fi
if [ -e /sys/bus/xen/devices/vfb-0 ]; then
    until_there test -e /dev/fb0
    echo "GUEST SCREEN $(cat /sys/class/graphics/fb0/name) $(cat /sys/class/graphics/fb0/virtual_size)"
    dd if=/dev/urandom of=/dev/fb0 bs=64k count=1 2>/dev/null && echo "GUEST PAINTED"
    echo "GUEST INPUT $(cat /sys/class/input/input*/name | sort | tr '\n' ' ')"
fi
if [ -e /sys/bus/xen/devices/vbd-51712 ]; then
    until_there test -e /dev/xvda
    dd if=/dev/urandom of=/dev/xvda bs=64k count=16 conv=fsync 2>/dev/null
    echo 3 >/proc/sys/vm/drop_caches
    echo "GUEST DISK $(dd if=/dev/xvda bs=64k count=16 2>/dev/null | md5sum)"
fi
echo "GUEST UP"
while :; do sleep 1; done
