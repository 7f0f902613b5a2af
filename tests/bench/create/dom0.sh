#!/bin/sh
# SPDX-License-Identifier: MIT
# In Dom0: dom0.sh pxl|xl COUNT. Starts the daemons that belong to the tool, and measures.
modprobe -a xen-evtchn xen-gntdev xen-gntalloc xen-privcmd
mountpoint -q /proc/xen || mount -t xenfs xenfs /proc/xen
mkdir -p /run/xenstored /run/pxl /run/xen /var/log/xen/console /var/lib/xenstored /var/lib/xen
cat >/root/first.cfg <<END
kernel = "/root/first.elf"
memory = 8
tsc_mode = "native"
END
bin=/usr/lib/xen-4.17/bin
if [ "$1" = pxl ]; then
    pxstored
    i=0; while ! xenstore-write /local/domain/0/name Domain-0 2>/dev/null && [ $i -lt 50 ]; do i=$((i + 1)); usleep 100000; done
    [ -x /usr/bin/pxconsoled ] && pxconsoled
    tool=/usr/bin/pxl
    pxl keeper -d
else
    $bin/xenstored --pid-file /run/xenstored.pid
    xenstore-write /local/domain/0/name Domain-0
    $bin/xen-init-dom0
    $bin/xenconsoled --pid-file /run/xenconsoled.pid --log=guest --log-dir=/var/log/xen
    tool=$bin/xl
fi
sleep 1
bench-create $tool /root/first.cfg "$2"
ps -o vsz,rss,comm | grep -E 'px|xen|xl' | head -20
