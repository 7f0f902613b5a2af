/* SPDX-License-Identifier: MIT */
/* console_io: writing text that cannot be read, reading with nothing typed, and what it is not. */
#include "harness.h"

TEST("console_io_errors", "console_io answers -EFAULT, -E2BIG and -ENOSYS, and reads nothing")
{
    char buffer[16], *page = pages_alloc(2);
    void *hv = (void *)HYPERVISOR_VIRT_START;

    CHECK_RC(hypercall_console_io(CONSOLEIO_write, 0, buffer), 0);
    CHECK_RC(hypercall_console_io(CONSOLEIO_write, 0, NULL), 0);
    CHECK_RC(hypercall_console_io(CONSOLEIO_write, 3, NULL), -XEN_EFAULT);
    CHECK_RC(hypercall_console_io(CONSOLEIO_write, 3, hv), -XEN_EFAULT);
    CHECK_RC(hypercall_console_io(CONSOLEIO_write, 0x7fffffff, hv), -XEN_EFAULT);
    CHECK_RC(hypercall_console_io(CONSOLEIO_write, -1, hv), -XEN_EFAULT);
    MUST(hypercall_update_va_mapping((unsigned long)page + PAGE_SIZE, 0, UVMF_INVLPG));
    memcpy(page + PAGE_SIZE - 4, "end\n", 4);
    CHECK_RC(hypercall_console_io(CONSOLEIO_write, 4, page + PAGE_SIZE - 4), 0);
    CHECK_RC(hypercall_console_io(CONSOLEIO_write, 5, page + PAGE_SIZE - 4), -XEN_EFAULT);

    CHECK_RC(hypercall_console_io(CONSOLEIO_read, sizeof(buffer), buffer), 0);
    CHECK_RC(hypercall_console_io(CONSOLEIO_read, 0, buffer), 0);
    CHECK_RC(hypercall_console_io(CONSOLEIO_read, -1, buffer), -XEN_E2BIG);
    CHECK_RC(hypercall_console_io(2, 1, buffer), -XEN_ENOSYS);
    CHECK_RC(hypercall_console_io(-1, 1, buffer), -XEN_ENOSYS);
}
