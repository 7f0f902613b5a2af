# SPDX-License-Identifier: MIT
# Disks and interfaces come to a Linux guest that runs and go again, with the back ends of the kernel (devices.sh kernel) or of pxbackd,
# and nothing of them is left.
. /root/start.sh
modprobe -a bridge 2>/dev/null
if [ "$1" = kernel ]; then
    disk=vbd nic=vif by_disk=phy by_nic=kernel target=/dev/loop
    pxstored || bad pxstored
    until_true 10 xenstore-write /local/domain/0/name Domain-0 || bad store
    pxconsoled
else
    disk=qdisk nic=qnic by_disk=qdisk by_nic=pxbackd target=raw:/root/disk
fi
for n in 0 1; do
    ip link add br$n type bridge
    ip link set br$n up
    ip addr add 10.9.$n.1/24 dev br$n
done
dd if=/dev/urandom of=/root/disk bs=1M count=4 2>/dev/null
sum=$(md5sum </root/disk)
printf '#!/bin/sh\nexit 5\n' >/root/fails
chmod +x /root/fails
cat >/root/linux.cfg <<END
name = "linux"
kernel = "/root/vmlinuz"
ramdisk = "/root/guest.img"
memory = 160
extra = "console=hvc0 quiet"
END
[ "$1" = kernel ] || echo 'channel = [ "connection=pty,name=a", "connection=socket,path=/run/agent,name=b" ]' >>/root/linux.cfg
has() { pxl why --json linux | grep -q "GUEST $1"; }
saw() { # NAME SECONDS WHAT
    until_true "$2" has "$3" && ok "$1" || bad "$1" "$(pxl why linux | tail -n 30)"
}
check create 0 'linux is domain 1' pxl create /root/linux.cfg
check other 0 'sleep is domain 2' pxl create /root/sleep.cfg
saw boots 60 'HAS block/xvd\* class/net/eth\*\.'
if [ "$1" = kernel ]; then
    check channel 3 'find pxbackd' pxl create /root/sleep.cfg name=c 'channel=["connection=pty,name=a"]'
else
    check channel 0 'guest heard news' sh -c '(echo news; sleep 2) | timeout 6 pxl console -n 1 linux; true'
    check channel_socket 0 '' test -S /run/agent
    check channel_none 1 'it has none' pxl console -n 5 linux
    pid=$(cat /run/pxbackd.pid)
    kill -9 "$pid"
    pxbackd --pid-file /run/pxbackd.pid
    check channel_again 0 'guest heard more' sh -c '(echo more; sleep 2) | timeout 6 pxl console -n 1 linux; true'
fi
check block_attach 0 '^$' pxl block-attach linux /root/disk,raw,xvdb,w backendtype=$by_disk
saw disk_comes 20 'HAS block/xvdb class'
saw disk_reads 5 "READ $sum"
check block_list 0 '^51728 0   1      4     [0-9]+ +[0-9]+ +/local/domain/0/backend/'$disk/1/51728 pxl block-list linux
check block_list_json 0 '"kind":"'$disk'","vdev":"xvdb".*"backend_state":4.*"target":"'$target pxl block-list --json linux
check block_kept 0 'vdev=xvdb' pxl list -l linux
check block_twice 1 "has a $disk 51728 already" pxl block-attach linux /root/disk,raw,xvdb,w backendtype=$by_disk
check block_over 1 'find /none' pxl block-attach linux /none,raw,xvdb,w
check block_stays 0 '^51728 0   1      4 ' pxl block-list linux
saw still_there 1 'HAS block/xvdb class'
check block_second 0 '"devid":51744' pxl block-attach --json linux vdev=xvdc target=/root/start.sh
check block_missing 1 'find /none' pxl block-attach linux /none,raw,xvdd,w
check block_no_domain 1 'find the domain nosuch' pxl block-attach nosuch /root/disk,raw,xvda,w
check block_bad 1 'it needs a vdev' pxl block-attach linux target=/root/disk
[ "$1" != kernel ] || check block_qcow2 1 'find pxbackd' pxl block-attach linux /root/disk,qcow2,xvdd,w
[ "$1" = kernel ] || check block_qcow2 1 'no qcow2 image' pxl block-attach linux /root/disk,qcow2,xvdd,w
check block_dom0 1 'devices of domain 0' pxl block-attach 0 /root/disk,raw,xvda,w
loops() { losetup -a | grep -c pxl:; }
[ "$disk" = vbd ] && of_each=1 || of_each=0
[ "$(loops)" = $((2 * of_each)) ] && ok loops || bad loops "$(losetup -a)"
check network_attach 0 '^$' pxl network-attach linux bridge=br0 mac=00:16:3E:00:00:01 backendtype=$by_nic
saw interface_comes 20 'PING 0 2 packets transmitted, 2 packets received'
check network_attach_json 0 '"devid":1,"kind":"'$nic'","mac":"00:16:3e:' pxl network-attach --json linux bridge=br1 vifname=guest1
saw second_interface 20 'PING 1 2 packets transmitted, 2 packets received'
check vifname 0 guest1 ls /sys/class/net/br1/brif
check network_list 0 '^0   0  00:16:3e:00:00:01     0     4 +' pxl network-list linux
check network_list_json 0 '"mac":"00:16:3e:00:00:01".*"bridge":"br0","mode":"bridge"' pxl network-list --json linux
check network_no_bridge 1 'the bridge nobr: there is none' pxl network-attach linux bridge=nobr
check network_not_begun 1 '' ls -d /sys/class/net/vif1.2
# What cannot be connected never was: else Linux's front end would wait for it for ever, and all that comes below with it.
check network_name_taken 1 'attach an interface to domain 1' pxl network-attach linux bridge=br0 vifname=br1
[ "$1" != kernel ] || check network_script_fails 1 'ended with status 5' pxl network-attach linux script=/root/fails
check network_stays 0 '^0   0  00:16:3e:00:00:01     0     4 ' pxl network-list linux
check network_kept 0 'mac=00:16:3e:00:00:01,bridge=br0' pxl list -l linux
check block_detach 0 '^$' pxl block-detach linux xvdb
saw disk_goes 10 'HAS block/xvdc class'
check block_detach_number 0 '"devid":51744' pxl block-detach --json linux 51744
check block_detach_none 1 'find disk xvdb' pxl block-detach linux xvdb
check network_detach 0 '^$' pxl network-detach linux 00:16:3e:00:00:01
check network_detach_number 0 '"devid":1' pxl network-detach --json linux 1
saw all_gone 10 'HAS block/xvd\* class/net/eth\*\.'
check not_kept 1 '' sh -c 'pxl list -l linux | grep -E "xvdb|00:16:3e"'
check no_loops 1 '' sh -c 'losetup -a | grep pxl:'
check no_vifs 1 '' sh -c 'ls /sys/class/net | grep -E "vif|guest1"'
check no_back 1 '' sh -c 'xenstore-ls -f /local/domain/0/backend | grep -E "backend/(vbd|vif|qdisk|qnic)/.*frontend ="'
check no_front 1 '' sh -c 'xenstore-ls -f /local/domain/1/device 2>/dev/null | grep -E "device/v(bd|if)/.*state"'
check block_again 0 '^$' pxl block-attach linux /root/disk,raw,xvdb,r
saw again 20 'HAS block/xvdb class/net/eth\*\.'

# A guest that takes nothing and lets go of nothing.
check deaf_attach 0 '^$' pxl block-attach sleep /root/disk,raw,xvda,r
if [ "$1" = kernel ]; then
    check deaf_detach 1 "lets go of $disk xvda: after 1 s" pxl block-detach --timeout 1 sleep xvda
else # which does not wait for a front end that never came
    check deaf_detach 0 '^$' pxl block-detach --timeout 5 sleep xvda
    check deaf_again 0 '^$' pxl block-attach sleep /root/disk,raw,xvda,r
fi
check deaf_force 0 '^$' pxl block-detach --force sleep xvda
check deaf_list 0 'BE-path' pxl block-list sleep
check deaf_name_taken 1 'attach an interface to domain 2' pxl network-attach sleep bridge=br0 vifname=br1
check deaf_network 0 '^$' pxl network-attach sleep bridge=br0
check deaf_network_force 0 '^$' pxl network-detach -f sleep 0
until_true 5 sh -c '! ls /sys/class/net | grep vif2' && ok deaf_no_vif || bad deaf_no_vif
if [ "$1" != kernel ]; then
    check nat 0 '^$' pxl network-attach sleep script=vif-nat
    check nat_list 0 '"mode":"nat","ip":"10\.128\.2\.2"' pxl network-list --json sleep
    check nat_made 0 '10.128.2.1' ip addr show dev vif2.0
    check nat_goes 0 '^$' pxl network-detach --force sleep 0
    check no_such_script 1 'there is no such script' pxl network-attach sleep script=/none
fi
# A front end that says nonsense, in the folder that the guest owns.
check deaf_third 0 '^$' pxl block-attach sleep /root/disk,raw,xvda,r
front=/local/domain/2/device/vbd/51712
xenstore-write -- $front/state 99999999999 $front/event-channel -5 $front/ring-ref "0x7f'\"x" $front/backend /local/domain/0/backend/$disk/1/51728 \
    $front/backend-id 7
check nonsense 0 '^51712 0   2      0     -1     -1       /local/domain/0/backend/'$disk/2/51712 pxl block-list sleep
xenstore-rm $front
check no_front_end 0 '^51712 0   2      0     -1     -1 ' pxl block-list sleep
check nonsense_force 0 '^$' pxl block-detach --force sleep xvda
check others_stay 0 '^51728 0   1      4 ' pxl block-list linux

# Killed or failed at each step, an attach leaves either all or nothing once the next one looked.
n=1
while [ $n -lt 60 ]; do
    PXL_KILL_AT=$n pxl block-attach sleep /root/disk,raw,xvda,r >/dev/null 2>&1
    [ $? = 137 ] || break
    pxl block-attach sleep /root/none,raw,xvdb,r 2>/dev/null # sweeps
    rows=$(pxl block-list sleep | grep -c backend)
    [ "$(loops)" = $((of_each + of_each * rows)) ] || bad killed "at $n: $rows devices $(losetup -a)"
    [ "$rows" = 0 ] || pxl block-detach --force sleep xvda || bad killed_detach $n
    n=$((n + 1))
done
[ $n -gt 8 ] && ok killed || bad killed "only $n steps"
pxl block-detach -f sleep xvda
n=1
while [ $n -lt 60 ]; do
    PXL_FAIL_AT=$n pxl block-attach sleep /root/disk,raw,xvda,r >/dev/null 2>&1 && break
    [ "$(loops)$(pxl block-list sleep | grep -c backend)" = ${of_each}0 ] || bad failed "at $n: $(losetup -a; pxl block-list sleep)"
    n=$((n + 1))
done
[ $n -gt 8 ] && ok failed || bad failed "only $n steps"
check shutdown 0 'Shutting down domain 1' pxl shutdown -w linux
until_true 20 gone linux && ok removed || bad removed "$(pxl list)"
check destroy 0 '^$' pxl destroy sleep
check end_no_loops 1 '' sh -c 'losetup -a | grep pxl:'
check end_no_back 1 '' sh -c 'xenstore-ls -f /local/domain/0/backend | grep -E "backend/(vbd|vif|qdisk|qnic)/.*frontend ="'
echo "pxl-test: end"
