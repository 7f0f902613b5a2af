/* SPDX-License-Identifier: MIT */
/* LINK: tools/libpxl/config.c tools/libpxl/config_xl.c tools/libpxl/config_json.c tools/libpxl/devspec.c tools/libpxl/fault.c */
/* LINK: tools/libpxl/cpumask.c tools/libpxl/config_check.c tools/libpxl/qemuconf.c tools/libpxl/cpuid.c */
/* Disks and network interfaces in xl's grammar: xl-disk-configuration(5), xl-network-configuration(5). */
#include "tools/libpxl/config.h"
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static struct pxl p;

/* What a specification means, in the one form that is written. */
static const struct {
    const char *in, *out;
} disks[] = {
    {"/dev/vg/guest-volume,,xvda", "format=raw,vdev=xvda,access=rw,target=/dev/vg/guest-volume"},
    {"/dev/vg/guest-volume,raw,xvda,rw", "format=raw,vdev=xvda,access=rw,target=/dev/vg/guest-volume"},
    {"format=raw, vdev=xvda, access=rw, target=/dev/vg/guest-volume", "format=raw,vdev=xvda,access=rw,target=/dev/vg/guest-volume"},
    {"raw:/dev/vg/guest-volume,xvda,w", "format=raw,vdev=xvda,access=rw,target=/dev/vg/guest-volume"},
    {"phy:/dev/vg/a,hda,w", "format=raw,vdev=hda,access=rw,backendtype=phy,target=/dev/vg/a"},
    {"file:/img,xvda1,r", "format=raw,vdev=xvda1,access=ro,target=/img"},
    {"tap:qcow2:/img,xvda,w", "format=qcow2,vdev=xvda,access=rw,backendtype=tap,target=/img"},
    {"/root/image.iso,,hdc,cdrom", "format=raw,vdev=hdc,access=ro,devtype=cdrom,target=/root/image.iso"},
    {"/root/image.iso,,hdc,,cdrom", "format=raw,vdev=hdc,access=ro,devtype=cdrom,target=/root/image.iso"},
    {"format=raw,vdev=hdc,access=ro,devtype=cdrom,target=/root/image.iso",
     "format=raw,vdev=hdc,access=ro,devtype=cdrom,target=/root/image.iso"},
    {",empty,hdc:cdrom,r", "format=empty,vdev=hdc,access=ro,devtype=cdrom"},
    {"vdev=hdc,access=ro,devtype=cdrom,format=empty", "format=empty,vdev=hdc,access=ro,devtype=cdrom"},
    {"/a,qcow2,xvda,ro,discard", "format=qcow2,vdev=xvda,access=ro,discard,target=/a"},
    {"/a,raw,xvda,rw,no-discard,direct-io-safe", "format=raw,vdev=xvda,access=rw,no-discard,direct-io-safe,target=/a"},
    {"vdev=xvda,backendtype=qdisk,script=block-x,backend=store1,target=a=b,c d",
     "format=raw,vdev=xvda,access=rw,backendtype=qdisk,script=block-x,backend=store1,target=a=b,c d"},
    {"vdev=xvdb,format=vhd,untrusted,target=/v", "format=vhd,vdev=xvdb,access=rw,untrusted,target=/v"},
};

Test(pxl_devspec, disks)
{
    for (unsigned i = 0; i < sizeof(disks) / sizeof(disks[0]); i++) {
        for (unsigned again = 0; again < 2; again++) {
            const char *in = again ? disks[i].out : disks[i].in;
            struct pxl_disk d;
            char *out;

            cr_assert_eq(pxl_disk_parse(&p, &d, in), 0, "%s: %s", in, pxl_fault(&p) ? pxl_fault(&p)->what : "");
            out = disk_print(&d);
            cr_assert_str_eq(out, disks[i].out);
            free(out);
            pxl_disk_free(&d);
        }
    }
}

Test(pxl_devspec, disks_that_are_none)
{
    static const char *const bad[] = {"", "/dev/a", "/dev/a,raw", "/a,raw,xvda,x", "/a,raw,xvda,w,more,words",
                                      "vdev=xvda", "colour=red,vdev=xvda,target=/a", "format=zip,vdev=xvda,target=/a",
                                      "/a,raw,xvda:floppy,w", "backendtype=any,vdev=xvda,target=/a"};

    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct pxl_disk d;

        cr_assert_eq(pxl_disk_parse(&p, &d, bad[i]), -1, "%s", bad[i]);
        cr_assert(pxl_fault(&p)->hint);
        pxl_disk_free(&d);
        fault_clear(&p);
    }
}

static const struct {
    const char *in, *out;
    uint64_t rate;
    unsigned interval;
} vifs[] = {
    {"", "", 0, 0},
    {"bridge=xenbr0", "bridge=xenbr0", 0, 0},
    {"mac=00:16:3E:74:3d:76,bridge=br0", "mac=00:16:3E:74:3d:76,bridge=br0", 0, 0},
    {" mac=00:16:3e:74:3d:76 , ip=10.0.0.1 10.0.0.2 ", "mac=00:16:3e:74:3d:76,ip=10.0.0.1 10.0.0.2", 0, 0},
    {"script=vif-nat,vifname=v1.0,backend=net,gatewaydev=eth1,model=e1000,type=vif",
     "script=vif-nat,vifname=v1.0,backend=net,gatewaydev=eth1,model=e1000,type=vif", 0, 0},
    {"rate=10Mb/s", "rate=1250000B/s", 1250000, 0},
    {"backendtype=kernel,bridge=b", "bridge=b,backendtype=kernel", 0, 0},
    {"backendtype=qnic", "backendtype=pxbackd", 0, 0},
    {"backendtype=pxbackd,mtu=9000", "mtu=9000,backendtype=pxbackd", 0, 0},
    {"rate=250KB/s", "rate=250000B/s", 250000, 0},
    {"rate=1MB/s@20ms", "rate=1000000B/s@20000us", 1000000, 20000},
    {"rate=1GB/s@1s", "rate=1000000000B/s@1000000us", 1000000000, 1000000},
    {"mtu=9000", "mtu=9000", 0, 0},
};

Test(pxl_devspec, vifs)
{
    for (unsigned i = 0; i < sizeof(vifs) / sizeof(vifs[0]); i++) {
        for (unsigned again = 0; again < 2; again++) {
            struct pxl_vif v;
            char *out;

            cr_assert_eq(pxl_vif_parse(&p, &v, again ? vifs[i].out : vifs[i].in), 0, "%s", vifs[i].in);
            cr_assert_eq(v.rate_bytes, vifs[i].rate);
            cr_assert_eq(v.rate_interval_us, vifs[i].interval);
            out = vif_print(&v);
            cr_assert_str_eq(out, vifs[i].out);
            free(out);
            pxl_vif_free(&v);
        }
    }
}

Test(pxl_devspec, vifs_that_are_none)
{
    static const char *const bad[] = {"mac=1", "mac=00:16:3e:74:3d:7g", "mac=00:16:3e:74:3d:76:00", "rate=fast", "rate=10",
                                      "rate=-5Mb/s", "rate=10Mb", "rate=10Mb/s@", "rate=10Mb/s@0ms", "rate=99999999999999999999Mb/s",
                                      "mtu=1", "mtu=70000", "colour=red", "bridge"};

    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct pxl_vif v;

        cr_assert_eq(pxl_vif_parse(&p, &v, bad[i]), -1, "%s", bad[i]);
        pxl_vif_free(&v);
        fault_clear(&p);
    }
}
