/* SPDX-License-Identifier: MIT */
#ifndef X86_MSI_H
#define X86_MSI_H
static inline void msi_init(void) {}
#endif
