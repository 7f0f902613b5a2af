#!/bin/sh
# SPDX-License-Identifier: MIT
# pxl create is killed (PXL_KILL_AT=N: at its N-th step, tests/system/pxl) or a step fails (PXL_FAIL_AT=N): the next pxl
# finds nothing of it.
. /root/start.sh
pxstored || bad pxstored
until_true 10 xenstore-write /local/domain/0/name Domain-0 || bad store
pxl keeper -d
dd if=/dev/zero of=/root/disk bs=1M count=1 2>/dev/null
pxl create -q -p /root/sleep.cfg name=first && pxl destroy first
free0=$(pxl info | awk '/^free_memory/ { print $3 }')
clean() {
    [ "$(pxl list | wc -l)" = 2 ] && ! xenstore-ls | grep -Eq 'ring-ref|sleep|8192' && [ -z "$(ls /run/pxl/making)" ] &&
        ! ls /run/pxl/*.json >/dev/null 2>&1 && [ -z "$(losetup -a)" ]
}
for how in KILL FAIL; do
    n=1
    while [ $n -lt 400 ]; do
        out=$(env PXL_${how}_AT=$n pxl create -p /root/sleep.cfg name=k 'disk=["/root/disk,raw,xvda,w"]' vcpus=2 2>&1)
        status=$?
        [ $status = 0 ] && break
        [ $how = FAIL ] && [ -z "$out" ] && bad "fail $n says nothing"
        if [ $how = KILL ]; then pxl create -q -p /root/sleep.cfg name=next && pxl destroy next; fi
        # The kernel's back end lets go of the disk's loop in its own time.
        until_true 5 clean || { bad "$how $n leaves something: $(pxl list; ls /run/pxl /run/pxl/making; losetup -a; xenstore-ls)"; break; }
        n=$((n + 1))
    done
    [ $n -gt 20 ] && [ $n -lt 400 ] && ok "$how at each of $n steps" || bad "$how: $n steps: $out"
    pxl destroy k
done
free1=$(pxl info | awk '/^free_memory/ { print $3 }')
[ $((free0 - free1)) -le 1 ] && ok no_memory_lost || bad no_memory_lost "$free0 before, $free1 after"
echo "pxl-test: end"
