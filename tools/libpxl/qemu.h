/* SPDX-License-Identifier: MIT */
/*
 * p9= and vfb=: the back ends that QEMU has. A guest that asks for one of them gets one QEMU (machine xenpv), and only such a
 * guest; nothing here emulates a machine.
 *
 * A QEMU lives outside of pxl, so who forks it writes its number and its start into /run/pxl/DOMID.qemu before it becomes QEMU; it
 * holds its maker's note (making.h) locked until then, so that who sweeps after a killed maker finds that file. qemu_end() ends what
 * the file names, and is part of each way that a domain goes. One that ends by itself is noticed by the keeper, which says so once.
 * QEMU looks for back ends of its own for the domain, by the same names as pxbackd's: it takes all in backend/qnic and backend/console,
 * and in backend/qdisk what nobody made ready yet. So such a guest has the kernel's network cards and no channels, and its disks
 * are pxbackd's only if they were there before QEMU was started.
 * LIMIT: it has root's rights; of its log only that of the last start is kept.
 */
#ifndef PXL_QEMU_H
#define PXL_QEMU_H

#include "device.h"

#define QEMU_PASSWORD PXL_RUN "/%u.vnc"
#define QEMU_STATE "/local/domain/0/device-model/%u" /* goes with the rest of the domain: names.c */
#define QEMU_WORDS 32

/* What it is started with; argv points into the rest, and into the configuration. */
struct qemu_arguments {
    const char *argv[QEMU_WORDS];
    char domid[16], memory[24], vnc[160], secret[96];
};

/* Before anything is made: the configuration's words are good, and there is a QEMU if they want one. */
int qemu_config_check(struct pxl *p, const struct pxl_config *c);
int qemu_find(struct pxl *p, const struct pxl_config *c);

/* Returns when it serves the domain, whose devices are in the store and, if another back end has them, ready: QEMU takes what is
 * not ready in backend/qdisk as well. */
int qemu_start(struct pxl *p, uint32_t domid, const char *name, const struct pxl_config *c);
void qemu_end(uint32_t domid);
bool qemu_has(uint32_t domid);               /* was one started for it? */
/* Has it ended by itself? Then its last line is in said. */
bool qemu_ended(uint32_t domid, char *said, size_t size);
/* All that ended since the last call. */
void qemu_each_ended(void (*ended)(void *arg, uint32_t domid, const char *said), void *arg);

/* qemuconf.c */
int qemu_arguments(struct pxl *p, uint32_t domid, const char *name, const struct pxl_config *c, struct qemu_arguments *a);
int p9_keys(struct device *d, xs_transaction_t t);
int vfb_keys(struct device *d, xs_transaction_t t);

#endif
