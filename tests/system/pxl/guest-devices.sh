#!/bin/sh
# SPDX-License-Identifier: MIT
# The first process of the Linux guest of devices.sh: says which devices it has, each time that changes, and uses what comes.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
modprobe -a xen-blkfront xen-netfront 2>/dev/null
# A channel: what is said comes back.
if [ -e /sys/bus/xen/devices/console-1 ]; then
    stty raw -echo </dev/hvc1
    while read -r line; do echo "guest heard $line"; done </dev/hvc1 >/dev/hvc1 &
fi
before=none
while :; do
    now=$(cd /sys && echo block/xvd* class/net/eth*)
    if [ "$now" != "$before" ]; then
        for name in $now; do
            case $name in
            *xvdb) echo "GUEST READ $(dd if=/dev/xvdb bs=64k 2>/dev/null | md5sum)" >/dev/console ;;
            *eth*)
                n=${name##*eth}
                ip link set "eth$n" up
                ip addr add "10.9.$n.2/24" dev "eth$n" 2>/dev/null
                ping -q -c 2 -w 10 "10.9.$n.1" 2>&1 | grep 'packets trans' | sed "s/^/GUEST PING $n /" >/dev/console
                ;;
            esac
        done
        echo "GUEST HAS $now." >/dev/console
    fi
    before=$now
    usleep 200000
done
