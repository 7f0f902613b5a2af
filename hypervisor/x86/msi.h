/* SPDX-License-Identifier: MIT */
/*
 * Message interrupts of PCI functions, MSI and MSI-X. The hypervisor alone writes their addresses and data, since these
 * name a CPU and a vector; the pages of MSI-X tables can be read by the control domain, but not mapped for writing
 * while a message of the function is set up (core/mmio.h).
 *
 * A message is programmed when it is set up and unmasked when it is bound. What the function can mask, a message that comes
 * meanwhile is kept by the function; a function that cannot loses it, as nobody waits for it yet. Everything a device says
 * about itself is bounded, and a device that is gone answers all ones and hears nothing.
 *
 * LIMIT: one MSI a function (more need interrupt remapping, as with Xen). LIMIT: an MSI-X mapping from before its first message
 * stays writable, as with Xen.
 */
#ifndef X86_MSI_H
#define X86_MSI_H

void msi_init(void);

#endif
