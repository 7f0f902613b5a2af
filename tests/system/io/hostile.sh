# SPDX-License-Identifier: MIT
# In Dom0: a back end that breaks the rules, against pvguest's front ends; then the same guest has a good disk, and others a good card.
dd if=/dev/urandom of=good bs=1M count=3 2>/dev/null
dd if=/dev/zero of=last bs=512 count=1 2>/dev/null
echo "good is $(/px/cksum <good)"
guest disks disk hot
/px/badback vbd $(pxl domid disks) || bad "badback failed"
pxl block-attach disks /root/good,raw,xvdt,r
says disks 'disk [0-9]*: cksum' 30
pxl block-attach disks /root/last,raw,xvdu,w
show disks
trick=0
while [ $trick -le 8 ]; do
    guest card$trick net 'ip=10.9.0.9/24 for=2'
    /px/badback vif $(pxl domid card$trick) $trick || bad "badback failed"
    show card$trick
    trick=$((trick + 1))
done
guest after net 'ip=10.9.0.2/24' 'vif = ["bridge=br0"]'
says after 'net: address' 30
/px/tcppeer 10.9.0.2 1
pxl destroy after
ended after 20
leftovers
