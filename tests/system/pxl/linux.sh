#!/bin/sh
# SPDX-License-Identifier: MIT
# Debian's kernel as a guest: its image is unpacked once, it has two vCPUs, balloons, reboots, shuts down.
. /root/start.sh
pxstored || bad pxstored
until_true 10 xenstore-write /local/domain/0/name Domain-0 || bad store
pxconsoled
cat >/root/linux.cfg <<END
name = "linux"
kernel = "/root/vmlinuz"
ramdisk = "/root/guest.img"
memory = 128
maxmem = 160
vcpus = 2
extra = "console=hvc0 quiet"
disk = [ "/root/disk,raw,xvda,w" ]
END
dd if=/dev/zero of=/root/disk bs=1M count=4 2>/dev/null
console_has() { pxl console --dead "$1" 2>/dev/null | grep -q "$2" || pxl why --json "$1" | grep -q "$2"; }
free0=$(pxl info | awk '/^free_memory/ { print $3 }')
check create 0 'linux is domain 1' pxl create /root/linux.cfg
check cached 0 '^1$' sh -c 'ls /var/cache/pxl | wc -l'
until_true 60 console_has linux 'GUEST UP' && ok boots || bad boots "$(pxl why linux)"
check two_vcpus 0 'cpus 2' pxl why --json linux
check disk 0 'xvda 8192' pxl why --json linux
check vcpu_set 0 '^$' pxl vcpu-set linux 1
one_vcpu() { [ "$(pxl list linux | awk 'NR == 2 { print $4 }')" = 1 ]; }
until_true 20 one_vcpu && ok vcpu_goes || bad vcpu_goes "$(pxl vcpu-list linux)"
check mem_set 0 '^$' pxl mem-set linux 100
smaller() { [ "$(pxl list linux | awk 'NR == 2 { print $3 }')" -le 101 ]; }
until_true 20 smaller && ok balloons || bad balloons "$(pxl list)"
check reboot 0 'Rebooting domain 1' pxl reboot -w linux
again() { [ "$(pxl domid linux)" = 2 ]; }
until_true 30 again && ok restarted || bad restarted "$(pxl list; cat /run/pxl/keeper.log)"
until_true 60 console_has linux 'GUEST UP' || bad boots_again "$(pxl why linux)"
check shutdown 0 'Shutting down domain 2' pxl shutdown -w linux
until_true 20 gone linux && ok removed || bad removed "$(pxl list)"
[ -z "$(losetup -a)" ] && ok no_loops || bad no_loops "$(losetup -a)"
nothing() { free1=$(pxl info | awk '/^free_memory/ { print $3 }') && [ $((free0 - free1)) -le 1 ]; }
until_true 5 nothing && ok no_memory_lost || bad no_memory_lost "$free0 before, $free1 after"
echo "pxl-test: end"
