#!/bin/sh
# SPDX-License-Identifier: MIT
# On Debian's Xen with Debian's daemons: what pxl prints beside what xl prints. Times move, so digits of times do not count.
. /root/start.sh
"$bin/xenstored" --pid-file /run/xenstored.pid
until_true 10 xenstore-write /local/domain/0/name Domain-0 || bad store
"$bin/xen-init-dom0" >/dev/null
"$bin/xenconsoled" --pid-file /run/xenconsoled.pid --log=guest --log-dir=/var/log/xen
$xl create -q -p /root/sleep.cfg name='"made_by_xl"' vcpus=2 || bad xl_create
pxl create -q -p /root/sleep.cfg name='"made_by_pxl"' vcpus=2 maxvcpus=3 || bad pxl_create
same() {
    name=$1
    shift
    $xl "$@" 2>/dev/null | sed -E 's/[0-9]+:[0-9:]+/T/; s/ +[0-9]+\.[0-9]( |$)/ S /' >/tmp/xl
    pxl "$@" 2>/dev/null | sed -E 's/[0-9]+:[0-9:]+/T/; s/ +[0-9]+\.[0-9]( |$)/ S /' >/tmp/pxl
    [ -s /tmp/xl ] && cmp -s /tmp/xl /tmp/pxl && ok "$name" || bad "$name: $(diff /tmp/xl /tmp/pxl)"
}
same list list
same list_one list made_by_pxl
same list_verbose list -v
same vcpu_list vcpu-list
same vm_list vm-list
same uptime uptime
same uptime_short uptime -s
same sched sched-credit2
same sched_one sched-credit2 -d made_by_xl
same sched_params sched-credit2 -s
same domid domid made_by_xl
same domname domname 1
same info info
same block_list block-list made_by_xl
same network_list network-list made_by_xl
check name_taken 3 'domain 1 has that name' pxl create /root/sleep.cfg name=made_by_xl
$xl destroy made_by_pxl
until_true 5 sh -c '! ls /run/pxl/2.json' && ok keeper_clears_for_xl || bad keeper_clears_for_xl "$(ls /run/pxl)"
check pxl_destroys_xls 0 '^$' pxl destroy made_by_xl
same list_empty list
echo "pxl-test: end"
