#!/bin/sh
# SPDX-License-Identifier: MIT
# What a guest has through programs of QEMU's: a 9p share and a frame buffer (p9=, vfb=: one QEMU for it), and qcow2 disks (pxbackd's
# qemu-nbd). Nothing of it is left when the guest goes, also when pxl is killed at any step. With an argument: without kills and the
# rarer ways.
. /root/start.sh
mkdir /root/share
echo shared >/root/share/hello
qemu-img create -q -f qcow2 /root/c 16M
cat >/root/linux.cfg <<END
name = "linux"
kernel = "/root/vmlinuz"
ramdisk = "/root/guest.img"
memory = 192
extra = "console=hvc0 quiet"
p9 = [ "tag=share,security_model=none,path=/root/share" ]
vfb = [ "vnc=1,vncdisplay=7" ]
disk = [ "/root/c,qcow2,xvda,w" ]
END
said() { pxl why --json "$1" | grep -o "GUEST $2[^\\]*" | head -n 1; }
saw() { # NAME DOMAIN WHAT
    has() { said "$1" "$2" | grep -q .; }
    until_true 60 has "$2" "$3" && ok "$1" || bad "$1" "$(pxl why "$2" | tail -n 20)"
}
qemus() { ps | grep -c '[x]en-qemu-system'; }
none_left() {
    [ "$(qemus)" = 0 ] && ! xenstore-ls -f | grep -Eq 'backend/(9pfs|vfb|vkbd)/.*frontend|device-model/[0-9]' && ! ls /run/pxl | grep -Eq 'qemu|vnc' &&
        [ -z "$(ls /run/pxl/making)" ]
}
free0=$(pxl info | awk '/^free_memory/ { print $3 }')

check no_path 3 'share the folder /none: .*No such file' pxl create /root/linux.cfg 'p9=["tag=a,path=/none"]'
check no_tag 1 'a tag of 1 to 31 bytes' pxl create -n /root/linux.cfg 'p9=["path=/root"]'
check bad_word 1 'understand "color=1" of vfb' pxl create -n /root/linux.cfg 'vfb=["color=1"]'
check sdl 1 'only VNC there is' pxl create -n /root/linux.cfg 'vfb=["sdl=1"]'
check with_channel 3 "take pxbackd's channels" pxl create /root/linux.cfg 'channel=["connection=pty,name=a"]'
# Debian's QEMU for Xen has no DES, which VNC's passwords need, and notices late.
check password 3 'it ended at once; its last words: .*DES' pxl create /root/linux.cfg 'vfb=["vncpasswd=secret"]'
none_left && ok password_left || bad password_left "$(ls /run/pxl)"
check with_card 3 'would take it too' pxl create /root/linux.cfg 'vif=["backendtype=pxbackd"]'
check create 0 'linux is domain [0-9]+$' pxl create /root/linux.cfg
id=$(pxl domid linux)
saw up linux UP
case "$(said linux SHARE)" in *shared*) ok share ;; *) bad share "$(pxl why linux | tail -n 20)" ;; esac
[ "$(said linux WROTE)" = "GUEST WROTE $(md5sum </root/share/data)" ] && ok share_written || bad share_written "$(ls -l /root/share)"
case "$(said linux SCREEN)" in *xen*800,600*) ok screen ;; *) bad screen "$(said linux SCREEN)" ;; esac
saw painted linux PAINTED
case "$(said linux INPUT)" in *Xen*Keyboard*Xen*Pointer*) ok input ;; *) bad input "$(said linux INPUT)" ;; esac
case "$(nc -w 2 127.0.0.1 5907 </dev/null | head -c 12)" in RFB*) ok vnc ;; *) bad vnc "$(netstat -ltn)" ;; esac
check vnc_port 0 '^5907$' xenstore-read "/local/domain/$id/console/vnc-port"
check states 0 '^3$' sh -c "xenstore-ls -f /local/domain/0/backend | grep -Ec '(9pfs|vfb|vkbd)/$id/0/state = .4'"
[ "$(qemus)" = 1 ] && ok one_qemu || bad one_qemu "$(ps)"
check hot_disk 1 'would open it too' pxl block-attach linux /root/share/data,raw,xvdb,r backendtype=qdisk
check hot_disk_kernel 0 '"kind":"vbd"' pxl block-attach --json linux /root/share/data,raw,xvdb,r
check qcow2 0 '"kind":"qdisk".*"target":"qcow2:/root/c"' pxl block-list --json linux
check reboot 0 'Rebooting' pxl reboot -w linux
again() { now=$(pxl domid linux) && [ "$now" != "$id" ]; }
until_true 30 again && ok follows || bad follows "$(pxl list; cat /run/pxl/keeper.log)"
saw up_again linux UP
case "$(said linux SHARE)" in *shared*) ok share_again ;; *) bad share_again "$(pxl why linux | tail -n 20)" ;; esac
[ "$(qemus)" = 1 ] && ok one_qemu_again || bad one_qemu_again "$(ps)"
disk=$(said linux DISK)
check destroy 0 '^$' pxl destroy linux
until_true 10 none_left && ok gone || bad gone "$(ps; ls /run/pxl; xenstore-ls -f)"
nbd_gone() { ! pidof qemu-nbd; }
until_true 10 nbd_gone && ok no_nbd || bad no_nbd "$(ps)"
qemu-img convert -f qcow2 -O raw /root/c /root/raw
check qcow2_written 0 "${disk#GUEST DISK }" sh -c 'dd if=/root/raw bs=64k count=16 2>/dev/null | md5sum'

if [ "$1" ]; then # the short one
    none_left && ok nothing_left || bad nothing_left "$(ps; ls /run/pxl; xenstore-ls -f)"
    echo "pxl-test: end"
    exit
fi

# qcow2 without a QEMU of the domain's own, and while it runs.
check plain 0 'plain is domain' pxl create /root/linux.cfg name=plain 'p9=[]' 'vfb=[]' 'disk=[]'
saw plain_up plain UP
[ "$(qemus)" = 0 ] && ok no_qemu || bad no_qemu "$(ps)"
check qcow2_attach 0 '"kind":"qdisk"' pxl block-attach --json plain /root/c,qcow2,xvdb,w
connected() { pxl block-list plain | grep -q '^51728 0 .* 4 '; }
until_true 20 connected && ok qcow2_connected || bad qcow2_connected "$(pxl block-list plain)"
check qcow2_detach 0 '^$' pxl block-detach plain xvdb
check not_qcow2 1 'it is no qcow2 image' pxl block-attach plain /root/share/data,qcow2,xvdc,w
pxl destroy plain

# A QEMU that ends by itself: the domain lives, and is told of.
pxl create -q -p /root/sleep.cfg name=lone 'p9=["tag=a,path=/root/share"]' || bad lone
lone=$(pxl domid lone)
read -r pid _ <"/run/pxl/$lone.qemu"
kill -9 "$pid"
check why 0 'its QEMU has ended' pxl why lone
check why_json 0 '"qemu_ended":' pxl --json why lone
keeper_said() { grep -q "domain $lone: its QEMU has ended" /run/pxl/keeper.log; }
until_true 40 keeper_said && ok keeper_said || bad keeper_said "$(cat /run/pxl/keeper.log)"
check why_still 0 'its QEMU has ended' pxl why lone
pxl destroy lone
none_left && ok lone_gone || bad lone_gone "$(ls /run/pxl)"

# Killed around the start of QEMU, and behind; what comes before is killed.sh's business.
n=60 met=0
while [ $n -lt 200 ]; do
    PXL_KILL_AT=$n pxl create -p /root/sleep.cfg name=k 'p9=["tag=a,path=/root/share"]' >/dev/null 2>&1 && break
    [ "$(qemus)" = 0 ] || met=$((met + 1))
    pxl create -q -p /root/sleep.cfg name=next && pxl destroy next
    until_true 10 none_left || { bad "killed at $n" "$(ps; ls /run/pxl; xenstore-ls -f)"; break; }
    n=$((n + 1))
done
[ $n -gt 70 ] && [ $met -gt 2 ] && ok "killed, $n steps, $met with QEMU" || bad "killed: $n steps, $met with QEMU"
pxl destroy k
n=60
while [ $n -lt 200 ]; do
    out=$(PXL_FAIL_AT=$n pxl create -p /root/sleep.cfg name=k 'p9=["tag=a,path=/root/share"]' 2>&1) && break
    none_left || { bad "failed at $n: $out" "$(ps; ls /run/pxl)"; break; }
    n=$((n + 1))
done
[ $n -gt 70 ] && ok "failed, $n steps" || bad "failed: $n steps"
pxl destroy k
none_left && ok nothing_left || bad nothing_left "$(ps; ls /run/pxl; xenstore-ls -f)"
nothing() { free1=$(pxl info | awk '/^free_memory/ { print $3 }') && [ $((free0 - free1)) -le 1 ]; }
until_true 5 nothing && ok no_memory_lost || bad no_memory_lost "$free0 before, $free1 after"
echo "pxl-test: end"
