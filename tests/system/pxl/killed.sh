#!/bin/sh
# SPDX-License-Identifier: MIT
# Commands that change something are killed (PXL_KILL_AT=N: at their N-th step), creations also fail there (PXL_FAIL_AT=N), and the
# keeper is killed while it starts a domain again: the next one finishes or undoes it, and nothing is left. With an
# argument N: only each N-th step.
. /root/start.sh
modprobe -a bridge xen-netback
pxstored || bad pxstored
until_true 10 xenstore-write /local/domain/0/name Domain-0 || bad store
stride=${1:-1}
ip link add br0 type bridge
dd if=/dev/zero of=/root/disk bs=1M count=1 2>/dev/null
keeper_gone() { ! pidof pxl-keeper >/dev/null; }
keeper_stop() { kill -9 $(pidof pxl-keeper) 2>/dev/null; until_true 5 keeper_gone || bad keeper_stop; }
keeper_ready() { read -r word _ </run/pxl/keeper && case $word in *ready*) ;; *) false ;; esac }
keeper_start() { pxl keeper -d; until_true 10 keeper_ready || bad keeper_start; }
# Two programs, since it is asked hundreds of times; the rest is the shell's own.
none() { for path; do [ ! -e "$path" ] || return 1; done; }
clean() {
    none /run/pxl/making/* /run/pxl/*[0-9].* /sys/class/net/*vif* /sys/block/loop*/loop/backing_file || return 1
    case "$(pxl list)" in *Domain-0*"
"*) return 1 ;; *Domain-0*) ;; *) return 1 ;; esac
    case "$(xenstore-ls)" in *ring-ref* | *sleep* | *8192* | *frontend*) return 1 ;; *Domain-0*) ;; *) return 1 ;; esac
}
left() { pxl list; ls /run/pxl /run/pxl/making /sys/class/net; losetup -a; xenstore-ls; }
next() { pxl create -q -p /root/sleep.cfg name=next && pxl destroy next; }
# The kernel's back ends let go of devices in their own time.
cleaned() { until_true 20 clean || { bad "$1 leaves something: $(left)"; return 1; }; }
clock() { read -r now _ </proc/uptime && now=${now%.*}; }
# NAME STEPS LEAST: did it go on to the end?
counted() {
    clock
    [ "$2" -gt "$3" ] && [ "$2" -lt 400 ] && ok "$1 at each $stride of $2 steps, $((now - began)) s" || bad "$1: $2 steps"
    began=$now
}

keeper_start
next || bad next
free0=$(pxl info | awk '/^free_memory/ { print $3 }')
clock && began=$now

for how in KILL FAIL; do
    n=1
    while [ $n -lt 400 ]; do
        out=$(env PXL_${how}_AT=$n pxl create -p /root/sleep.cfg name=k 'disk=["/root/disk,raw,xvda,w"]' 'vif=["bridge=br0"]' vcpus=2 2>&1)
        status=$?
        [ $status = 0 ] && break
        [ $how = FAIL ] && [ -z "$out" ] && bad "fail $n says nothing"
        if [ $how = KILL ]; then next; fi
        cleaned "create: $how $n" || break
        n=$((n + stride))
    done
    counted "create: $how" $n 40
    pxl destroy k
done
cleaned create

# Killed by the clock, not by its steps.
n=0
while [ $n -lt 20 ]; do
    pxl create -q -p /root/sleep.cfg name=k 'disk=["/root/disk,raw,xvda,w"]' 2>/dev/null &
    usleep $((n * 1500))
    kill -9 $! 2>/dev/null
    wait $! 2>/dev/null
    pxl destroy k 2>/dev/null
    next
    cleaned "create: killed after $n" || break
    n=$((n + stride))
done
[ $n -ge 20 ] && ok create_killed_by_the_clock

# With a keeper and without: the next creation, or the keeper, ends what was being ended.
for keeper in keeper alone; do
    [ $keeper = alone ] && keeper_stop
    n=1
    while [ $n -lt 400 ]; do
        pxl create -q -p /root/sleep.cfg name=k 'disk=["/root/disk,raw,xvda,w"]' 2>/dev/null || bad "destroy $n: no domain"
        [ $keeper = alone ] && keeper_stop
        env PXL_KILL_AT=$n pxl destroy k && break
        next
        # Killed before it had begun: then it is there as it was.
        if is_state k --p--- && pxl list -l k | grep -q sleep.elf; then pxl destroy k; fi
        [ $keeper = alone ] && keeper_stop
        cleaned "destroy: $keeper, $n" || break
        [ "$(pxl why k | grep -c 'then: destroyed')" = 1 ] || bad "destroy $n: $(pxl why k)"
        n=$((n + stride))
    done
    counted "destroy: $keeper" $n 3
done
keeper_start

# One name or the other, and everything agrees.
pxl create -q -p /root/sleep.cfg name=one
id=$(pxl domid one)
n=1 from=one to=two
while [ $n -lt 100 ]; do
    env PXL_KILL_AT=$n pxl rename $from $to && break
    name=$(pxl domname "$id")
    case $name in one) other=two ;; two) other=one ;; *) bad "rename $n: $name" ;; esac
    [ "$(pxl domid $name)" = "$id" ] && ! pxl domid $other 2>/dev/null && pxl list -l $name | grep -q "$name" ||
        { bad "rename $n: $name: $(pxl list; pxl list -l $name; xenstore-ls /pxl)"; break; }
    pxl create -q -p /root/sleep.cfg name=$other && pxl destroy $other || bad "rename $n: the name $other is not free"
    pxl rename "$id" one
    n=$((n + 1))
done
counted rename $n 3
pxl rename "$id" one

n=1
while [ $n -lt 100 ]; do
    env PXL_KILL_AT=$n pxl config-update one on_crash=preserve memory=16 && break
    now=$(pxl list -l one)
    case $now in
    *preserve*16*|*16*preserve*) pxl config-update one on_crash=destroy memory=8 ;;
    *preserve*) bad "config-update $n: half: $now" ;;
    *'"memory'*) ;;
    *) bad "config-update $n: $now" ;;
    esac
    n=$((n + 1))
done
counted config_update $n 1

# Who asks for an end and waits for it can be killed: the guest ends or not.
for command in "shutdown -w" "reboot -w" "shutdown -a -w"; do
    pxl $command one >/dev/null 2>&1 &
    waits() { [ -n "$(xenstore-read /local/domain/"$id"/control/shutdown)" ]; }
    until_true 5 waits
    kill -9 $! && wait $! 2>/dev/null
    xenstore-write /local/domain/"$id"/control/shutdown ''
done
[ "$(pxl domid one)" = "$id" ] && ok waits_killed || bad waits_killed "$(pxl list)"
pxl destroy one
next
cleaned "rename, config-update, waiting"

# The keeper is killed while it starts a domain again. What follows sleeps: its configuration is changed before the keeper sees the end.
ended() { [ "$(state "$1" | tr -d 'bpr-')" != '' ]; }
for action in restart rename-restart; do
    n=1
    while [ $n -lt 400 ]; do
        keeper_stop
        pxl create -q -p /root/sleep.cfg name=k cmdline=reboot on_reboot=$action || bad "keeper $n: no domain"
        keeper_stop
        old=$(pxl domid k)
        pxl unpause k
        until_true 10 ended k || bad "keeper $n: does not end"
        pxl config-update k cmdline=sleep
        env PXL_KILL_AT=$n pxl keeper -d
        follows() { now=$(pxl domid k 2>/dev/null) && [ "$now" != "$old" ] && [ "$(state k)" = -b---- ]; }
        killed_or_done() { keeper_gone || follows; }
        until_true 20 killed_or_done || bad "keeper $n: neither killed nor done: $(left)"
        keeper_gone && again=1 || again=
        [ "$again" ] && keeper_start
        until_true 20 follows || { bad "$action: keeper killed at $n: nothing follows: $(left; cat /run/pxl/keeper.log)"; break; }
        all=$(pxl list | awk 'NR > 2' | wc -l)
        [ $action = restart ] && want=1 || want=2
        [ "$all" = $want ] || { bad "$action: keeper killed at $n: $(pxl list)"; break; }
        if [ $action = rename-restart ]; then
            # The old one stays what it is, also for the next keeper.
            keeper_stop; keeper_start; next
            [ "$(pxl list | awk 'NR > 2' | wc -l)" = 2 ] || bad "rename-restart again: $(pxl list)"
            pxl destroy "$old"
        fi
        pxl destroy k
        next
        cleaned "$action: keeper killed at $n" || break
        [ "$again" ] || break
        n=$((n + stride))
    done
    counted "keeper: $action" $n 20
done

# The keeper dies again and again under domains that come and go.
keeper_stop; keeper_start
(while :; do usleep 150000; kill -9 $(pidof pxl-keeper) 2>/dev/null; done) & killer=$!
n=0
while [ $n -lt 10 ]; do
    pxl create -q /root/sleep.cfg name=z$n cmdline=poweroff || bad "storm: no z$n"
    pxl keeper -d
    n=$((n + 1))
done
kill $killer
keeper_stop; keeper_start
all_gone() { [ "$(pxl list | wc -l)" = 2 ]; }
until_true 20 all_gone && ok storm || bad storm "$(left)"
next
cleaned storm

# A domain that ends as soon as it begins is not started for ever.
pxl create -q /root/sleep.cfg name=loop cmdline=crash on_crash=restart
gave_up() { pxl why loop | grep -q 'not-restarted'; }
until_true 60 gave_up && ok restart_limit || bad restart_limit "$(pxl list; pxl why loop; cat /run/pxl/keeper.log)"
grep -q 'not started again' /run/pxl/keeper.log && ok restart_limit_said || bad restart_limit_said "$(cat /run/pxl/keeper.log)"
id=$(pxl domid loop)
keeper_stop; keeper_start
next
[ "$(pxl domid loop)" = "$id" ] && is_state loop ----c- && ok restart_limit_stays || bad restart_limit_stays "$(pxl list)"
pxl destroy loop
cleaned 'restart limit'

free1=$(pxl info | awk '/^free_memory/ { print $3 }')
[ $((free0 - free1)) -le 1 ] && ok no_memory_lost || bad no_memory_lost "$free0 before, $free1 after"
echo "pxl-test: end"
