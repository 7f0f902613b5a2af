#!/bin/sh
# SPDX-License-Identifier: MIT
# pxstored is restarted in place and anew while two guests, a program and the kernel's ring use it: no answer is wrong.
. /root/start.sh
. /root/storeguests.sh
create load1 storeload
create load2 storeload
id1=$(pxl domid load1) id2=$(pxl domid load2)
until_true 20 works $id1 && until_true 20 works $id2 && ok guests_begin || bad "guests_begin $(pxl why load1)"
# A program: what it wrote it must read back, with each daemon that it meets.
(n=0; while [ ! -e stop ]; do
    n=$((n + 1))
    until xenstore-write /px/n $n 2>/dev/null; do usleep 20000; done
    [ "$(get /px/n)" = $n ] || bad "a program read $(get /px/n), not $n"
done; [ $n -gt 5 ] && ok "program $n") & program=$!
# The kernel's ring: a message of XS_READ, and its answer's 16 + 8 bytes.
kernel_reads() {
    exec 3<>/dev/xen/xenbus
    printf '\002\000\000\000\001\000\000\000\000\000\000\000\025\000\000\000/local/domain/0/name\000' >&3
    answer=$(dd bs=24 count=1 <&3 2>/dev/null | tail -c 8)
    exec 3>&-
    [ "$answer" = Domain-0 ]
}
(n=0; while [ ! -e stop ]; do kernel_reads || bad "the kernel's ring: '$answer'"; n=$((n + 1)); usleep 10000; done; [ $n -gt 5 ] && ok "kernel $n") & kernel=$!

for turn in 1 2 3 4 5 6; do
    old=$(cat /run/pxstored.pid)
    if [ $((turn % 2)) = 1 ]; then
        kill -HUP "$old" # in place
    else
        rm /run/pxstored.pid
        kill "$old"
        pxstored --pid-file /run/pxstored.pid || bad 'no daemon' # waits for the old one to end
    fi
    until_true 10 works $id1 && until_true 10 works $id2 && ok restart_$turn || bad "restart_$turn"
    usleep 300000
done
pxstored 2>/dev/null && bad second_daemon || ok second_daemon
touch stop
wait $program $kernel
audited check
well load1 $id1
well load2 $id2
# The keeper has met each of the daemons, too.
pxl create -q load1.cfg name=new on_poweroff=destroy || bad 'create after all'
xenstore-write /local/domain/$(pxl domid new)/data/stop 1
until_true 20 gone new && ok keeper || bad "keeper: $(pxl list; cat /run/pxl/keeper.log)"
pxl destroy load1 load2
audited check_end
xenstore-ls | grep -q storeload && bad left || ok nothing_left
echo "pxl-test: end"
