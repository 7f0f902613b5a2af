# SPDX-License-Identifier: MIT
# In Dom0: the example guests of `make run`, as they are, talk to 10.0.2.2 and to an echo server behind QEMU's user network.
px-net
pxl create linux.cfg "extra='console=hvc0 quiet px.run=\"px-net && mount -t ext4 /dev/xvda /mnt && cat /mnt/README && ping -q -c 3 10.0.2.2 && ping -q -c 1 -s 1472 10.0.2.2 && (echo out and back; sleep 2) | nc 10.0.2.100 7\"'" || exit 1
pxl create net.cfg 'extra="echo=10.0.2.100 mib=1 for=1"' || exit 1
ended linux 120
ended net 60
sed "s/^/linux: /; s/\r//" $log/linux.log
sed "s/^/net: /; s/\r//" $log/net.log
leftovers
