/* SPDX-License-Identifier: MIT */
/* The machine behind core/emul_port.h: ports and MSRs that remember, a CPUID that a test fills. */
#ifndef TESTS_FAKE_EMUL_H
#define TESTS_FAKE_EMUL_H

#include "core/cpuid.h"
#include "core/emul_port.h"

void fake_emul_reset(void);

extern uint64_t fake_tsc, fake_base[3];
extern unsigned fake_wbinvds, fake_cr4_loads, fake_xcr0_loads, fake_ts_loads;
extern uint16_t fake_gs_sel; /* last one loaded; its base is sel << 20 */

/* Ports: every write is remembered at its port, reads give what is there, all ones at first. The
 * PCI data ports answer by the index: pci[index & 0xff]. */
extern uint8_t fake_ports[0x10000];
extern uint8_t fake_pci[256];
extern unsigned fake_io_count;
extern struct fake_io {
    uint16_t port;
    uint8_t bytes;
    bool write;
    uint32_t val;
} fake_io_last;

void fake_cpuid_set(uint32_t leaf, uint32_t sub, struct cpuid_leaf l);
void fake_msr_set(uint32_t msr, uint64_t val);
/* Something like QEMU's qemu64: AMD, no XSAVE. */
void fake_cpuid_qemu64(void);

#endif
