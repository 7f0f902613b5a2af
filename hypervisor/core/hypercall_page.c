/* SPDX-License-Identifier: MIT */
#include "core/hypercall_page.h"
#include "lib/string.h"
#include <xen/xen.h>

#define STUB_SIZE 32

void hypercall_page_init(void *page)
{
    static const uint8_t head[] = {0x51, 0x41, 0x53}; /* push rcx, r11 */
    static const uint8_t tail[] = {0x0f, 0x05, 0x41,
                                   0x5b, 0x59, 0xc3}; /* syscall; pop r11, rcx; ret */
    static const uint8_t iret_tail[] = {0x0f, 0x05};

    memset(page, 0xcc, PAGE_SIZE);
    for (uint32_t nr = 0; nr < PAGE_SIZE / STUB_SIZE; nr++) {
        uint8_t *p = (uint8_t *)page + nr * STUB_SIZE;

        memcpy(p, head, sizeof(head));
        p += sizeof(head);
        /* iret does not come back, and its frame holds rax too. */
        if (nr == __HYPERVISOR_iret)
            *p++ = 0x50; /* push rax */
        *p++ = 0xb8;     /* mov eax, nr */
        memcpy(p, &nr, sizeof(nr));
        p += sizeof(nr);
        if (nr == __HYPERVISOR_iret)
            memcpy(p, iret_tail, sizeof(iret_tail));
        else
            memcpy(p, tail, sizeof(tail));
    }
}
