# SPDX-License-Identifier: MIT
# Keys of a configuration that a guest, the store or the hypervisor shows: cpuid=, tsc_mode=, e820_host=, driver_domain=,
# xenstore_quota=, bootloader=, script=.
. /root/start.sh
pxstored || bad pxstored
until_true 10 xenstore-write /local/domain/0/name Domain-0 || bad store
pxconsoled
dd if=/dev/zero of=/root/disk bs=1M count=4 2>/dev/null
cat >/root/boot.sh <<'END'
#!/bin/sh
# A boot loader: as pygrub is called, and as it answers.
echo "$*" >/root/boot.args
for word; do
    case $word in
    --output=*) out=${word#*=} ;;
    --output-directory=*) folder=${word#*=} ;;
    --args=*) args=${word#*=} ;;
    fail) echo "no menu entry"; exit 3 ;;
    esac
done
cp /root/vmlinuz "$folder/kernel" && cp /root/guest.img "$folder/initrd"
printf 'kernel %s\0ramdisk %s\0args %s\0' "$folder/kernel" "$folder/initrd" "$args by-loader" >"$out"
END
cat >/root/disk.sh <<'END'
#!/bin/sh
# A disk's script: `file:` before the name of a file.
params=$(xenstore-read "$XENBUS_PATH/params")
case $1 in
add)
    node=$(losetup -f)
    losetup "$node" "${params#file:}" || exit 1
    xenstore-write "$XENBUS_PATH/node" "$node" "$XENBUS_PATH/physical-device" "7:$(printf %x "${node#/dev/loop}")" \
        "$XENBUS_PATH/hotplug-status" connected
    ;;
remove) losetup -d "$(xenstore-read "$XENBUS_PATH/node")" ;;
esac
END
cat >/root/net.sh <<'END'
#!/bin/sh
# An interface's script.
echo "$1 $2 $XENBUS_TYPE $vif" >>/root/net.calls
[ ! -e /root/net.broken ] || { echo "no such cable"; exit 5; }
ip link set "$vif" up && xenstore-write "$XENBUS_PATH/hotplug-status" connected
END
chmod 755 /root/*.sh
cat >/root/linux.cfg <<END
name = "linux"
memory = 160
bootloader = "/root/boot.sh"
bootloader_args = [ "-q" ]
extra = "console=hvc0 quiet"
disk = [ "/root/disk,raw,xvda,w" ]
cpuid = "host,rdrand=0,sse3=x"
e820_host = 1
driver_domain = 1
xenstore_quota = 300
seclabel = ""
END
says() { pxl why --json linux | grep -q "$1"; }
check loader_fails 3 'it ended with status 3; its last words: no menu entry' pxl create /root/linux.cfg 'bootloader_args=["fail"]'
check loader_none 3 'it ended with status 127' pxl create /root/linux.cfg 'bootloader="/root/none"'
check loader_no_disk 3 'there is no disk' pxl create /root/linux.cfg 'disk=[]'
check loader_left 1 '' ls -d /run/pxl/making/*.boot
check cpuid_bad 3 'understand cpuid=' pxl create /root/linux.cfg 'cpuid="host,no=1"'
check cpuid_no_leaf 3 'guests here have none such' pxl create /root/sleep.cfg 'cpuid=["0x7fff0000:eax=0x1"]'
check create 0 'linux is domain [0-9]+$' pxl create /root/linux.cfg
id=$(pxl domid linux)
check loader_args 0 '^--args=console=hvc0 quiet --output=[^ ]+ --output-directory=[^ ]+ --output-format=simple0 -q /root/disk$' cat /root/boot.args
until_true 60 says 'GUEST UP' && ok loader_boots || bad loader_boots "$(pxl why linux | tail -n 20)"
check loader_cmdline 0 '' says 'by-loader'
check loader_gone 1 '' ls -d /run/pxl/making/*.boot
check loader_kept 0 '"bootloader": "/root/boot.sh"' cat "/run/pxl/$id.json"
check cpuid 0 '' says 'GUEST FLAGS none'
check e820_host 0 '' says 'GUEST MAP holes'
check driver_domain 0 "^/local/domain/$id/libxl = \"\"   \(n$id\)" sh -c "xenstore-ls -fp /local/domain/$id | grep /libxl"
check quota 0 '^of-nodes 300$' xenstore-control quota "$id"
check quota_after_restart 0 '^of-nodes 300$' sh -c "xenstore-control live-update; xenstore-control quota $id"
check shutdown 0 'Shutting down' pxl shutdown -w linux
until_true 20 gone linux || bad gone "$(pxl list)"
check plain 0 'linux is domain' pxl create /root/linux.cfg 'bootloader=""' kernel=/root/vmlinuz ramdisk=/root/guest.img 'cpuid=[]' e820_host=0
until_true 60 says 'GUEST UP' && ok boots || bad boots "$(pxl why linux | tail -n 20)"
check no_cpuid 0 '' says 'GUEST FLAGS rdrand'
check no_e820 0 '' says 'GUEST MAP plain'
check quota_of_all 0 '^nodes' xenstore-control quota "$(pxl domid linux)"

check tsc_native 0 '^t1 is domain [0-9]+$' pxl create /root/sleep.cfg name=t1 tsc_mode=native
tsc=$(pxl create /root/sleep.cfg name=t2 tsc_mode=always_emulate 2>&1)
case "$(pxl info | grep xen_extra) $tsc" in
*philoxen*warning*no\ effect*t2\ is*) ok tsc_emulate ;;
*philoxen* | *warning*) bad tsc_emulate "$tsc" ;;
*) ok tsc_emulate ;;
esac
check seclabel 0 'seclabel= has no effect' pxl create -n /root/sleep.cfg seclabel=system_u:x
check p9 3 'find QEMU, which has the back end of p9=' pxl create /root/sleep.cfg name=p9 'p9=["tag=a,path=/"]'
check vfb 3 'find QEMU, which has the back end of vfb=' pxl create /root/sleep.cfg name=vfb 'vfb=["vnc=1"]'

check script_disk 0 '^$' pxl block-attach t1 vdev=xvda,script=/root/disk.sh,target=file:/root/disk
check script_loop 0 '/root/disk' losetup -a
check script_disk_goes 0 '^$' pxl block-detach -f t1 xvda
check script_loop_gone 1 '' sh -c 'losetup -a | grep /root/disk | grep -v pxl:'
check script_disk_fails 1 'ended with status 1; its last words: .*none' pxl block-attach t1 vdev=xvda,script=/root/disk.sh,target=file:/none
check script_disk_undone 0 '^Vdev[^/]*$' pxl block-list t1
t1=$(pxl domid t1)
check script_vif 0 '^$' pxl network-attach t1 script=/root/net.sh
check script_vif_goes 0 '^$' pxl network-detach -f t1 0
check script_calls 0 "^online type_if=vif vif vif$t1.0 offline type_if=vif vif vif$t1.0 $" sh -c 'tr "\n" " " </root/net.calls'
touch /root/net.broken
check script_vif_fails 1 'ended with status 5; its last words: no such cable' pxl network-attach t1 script=/root/net.sh
check route 0 '^$' pxl network-attach t1 script=vif-route ip=10.77.0.2
check routed 0 "10.77.0.2 dev vif$t1.0" ip route
check route_mode 0 '"mode":"route"' pxl network-list --json t1
check nat 1 'pxbackd alone translates' pxl network-attach t1 script=vif-nat backendtype=kernel
check none_left 0 '^$' pxl destroy t1 t2 linux
check no_loops 1 '' sh -c 'losetup -a | grep /root/disk'
echo "pxl-test: end"
