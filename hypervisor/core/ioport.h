/* SPDX-License-Identifier: MIT */
/*
 * Port I/O of guests. Two questions: may the code do I/O at all (virtual IOPL, or the vcpu's I/O
 * bitmap: the guest's own rule, else #GP), and does the domain own the port (d->ioports: the
 * administrator's rule, else reads are all ones and writes go nowhere).
 *
 * Mediated for the control domain, because the hypervisor or several vcpus use them:
 *   70-71 CMOS and 0cf8-0cff PCI configuration  index and data in one step, the index kept per domain
 *   42 43 61                                    the PIT's third counter and the speaker
 */
#ifndef CORE_IOPORT_H
#define CORE_IOPORT_H

#include "core/emulate.h"

/* CMOS and PCI index registers, for domains' accesses and the hypervisor's own; a leaf. */
extern spinlock_t ioport_index_lock;

/* in, out, ins, outs: a decoded instruction of the current vcpu. */
enum emul_result ioport_insn(struct vcpu *v, const struct insn *i);
/* Virtual IOPL lets this mode touch ports and the interrupt flag? */
bool ioport_iopl_ok(const struct vcpu *v);

/* physdev set_iopl and set_iobitmap: 0 or -EINVAL. bitmap: guest address, a set bit forbids. */
int ioport_set_iopl(struct vcpu *v, unsigned iopl);
int ioport_set_bitmap(struct vcpu *v, gva_t bitmap, unsigned nr_ports);

/* What the domain gets for an access of 1, 2 or 4 bytes. */
uint32_t ioport_read(struct domain *d, unsigned port, unsigned bytes);
void ioport_write(struct domain *d, unsigned port, unsigned bytes, uint32_t val);

#endif
