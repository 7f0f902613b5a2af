/* SPDX-License-Identifier: MIT */
/*
 * Devices of a domain in the store: a folder of the front end, which the guest owns, and one of the back end, which Dom0 owns.
 *
 * A front end is device/vbd, device/vif or device/console (channels); its back end the kernel's (backend/vbd, backend/vif) or pxbackd's
 * (backend/qdisk, backend/qnic, backend/console). Those of 9pfs, vfb and vkbd are QEMU's (qemu.h). Front ends do not care; they follow the key `backend`. What is done here never follows a path that
 * the guest could have written: a back end is found by its own name.
 *
 * A device that is attached while the domain lives has the key MAKING in its back end's folder until it is complete: who is killed
 * on the way leaves that, and a note (making.h) by which pxl_sweep() finds it. Until then its front end's folder is Dom0's alone: Linux,
 * which looks at a folder once it may read it, waits for ever for a back end that was there and went.
 */
#ifndef PXL_DEVICE_H
#define PXL_DEVICE_H

#include "internal.h"

#define BACK "/local/domain/0/backend/%s/%u/%u"
#define FRONT "/local/domain/%u/device/%s/%u"
#define MAKING "pxl-making"
#define SCRIPT "pxl-script" /* in the back end's folder: the script that we began it with, and end it with */

enum { KIND_VBD, KIND_QDISK, KIND_VIF, KIND_QNIC, KIND_CHANNEL, KIND_9PFS, KIND_VFB, KIND_VKBD, NR_KINDS };
extern const char *const device_kinds[NR_KINDS], *const device_fronts[NR_KINDS];

/* One device's two folders, made together. */
struct device {
    struct pxl *p;
    unsigned kind;       /* KIND_* */
    uint32_t domid;
    unsigned id;
    const char *uuid;
    const struct pxl_disk *disk; /* one of the three; words: of channel=, p9=, vfb= */
    const struct pxl_vif *vif;
    const struct pxl_strings *words;
    char node[64];       /* KIND_VBD: the block device */
    char numbers[24];    /* KIND_VBD: its numbers */
    char mac[18];
    char script[256];    /* one that we run: its path; else "" */
    bool hot;            /* the domain runs already */
    bool made;           /* its folders are in the store */
    bool qemu;           /* it has a QEMU, which would take what pxbackd has in backend/qnic and backend/console too (qemu.h) */
};

/* The two kinds of back ends of a disk (or an interface): *other is the kernel's if kind is pxbackd's. */
static inline unsigned device_other_kind(unsigned kind)
{
    return kind < KIND_CHANNEL ? kind ^ 1 : kind;
}

/* Those of the configuration, before the domain starts. uuid: the domain's, the loops of its disks' files are marked with.
 * macs: for each vif, what it got. */
int devices_add(struct pxl *p, uint32_t domid, const char *name, const char *uuid, const struct pxl_config *c, char (*macs)[18]);
void devices_remove(struct pxl *p, uint32_t domid); /* at its end: the back ends' folders */
int device_make(struct device *d);                  /* one, from nothing to a ready back end; a hot one is not the guest's yet */
int device_show(struct device *d);                  /* and that one is complete now: the guest may see it */
void device_drop(struct pxl *p, uint32_t domid, unsigned kind, const char *id); /* both folders, and its loop */
int device_back(struct device *d, xs_transaction_t t, const char *key, const char *value);
int device_front_key(struct device *d, xs_transaction_t t, const char *key, const char *value);
/* Until the back end's state is `least` or more, or it is gone (state 0). -1 when the time is over (ETIMEDOUT). */
int device_wait(struct pxl *p, uint32_t domid, unsigned kind, unsigned id, int least, int timeout_ms, int *state);
/* Puts what the back end says of itself into the chain of faults. */
void device_complaint(struct pxl *p, uint32_t domid, unsigned kind, unsigned id);

/* The loops that a maker left who was killed before the store knew them. keep: a domain whose back ends' loops stay, or
 * DOMID_INVALID. */
void devices_sweep(struct pxl *p, const char *uuid, uint32_t keep);
/* What a killed attach left of a living domain. */
void devices_sweep_hot(struct pxl *p, const char *uuid, uint32_t domid);

/* vbd.c */
int disk_choose(struct device *d);   /* kind, id, and that it can be made */
int disk_open(struct device *d);     /* KIND_VBD: the block device */
int disk_keys(struct device *d, xs_transaction_t t);
unsigned vdev_number(const char *name); /* 0: not understood */
void loop_clear(const char *node);   /* only a loop of ours */
void loops_sweep(struct pxl *p, const char *uuid, uint32_t keep);

/* script.c; path: of a script that runs, in full. begin: add or online, else remove or offline. */
void script_path(const char *script, char *path, size_t size);
int script_run(struct pxl *p, uint32_t domid, unsigned kind, unsigned id, const char *path, bool begin);
void script_end(struct pxl *p, uint32_t domid, unsigned kind, const char *id);

int channel_keys(struct device *d, xs_transaction_t t); /* channel.c */

/* vif.c */
int vif_choose(struct device *d);    /* kind, MAC, mode */
int vif_keys(struct device *d, xs_transaction_t t);
int vif_connect(struct device *d);   /* KIND_VIF: the interface is there: bridge, route, up */

#endif
