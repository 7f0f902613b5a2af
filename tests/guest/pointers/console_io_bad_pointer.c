/* SPDX-License-Identifier: MIT */
/* Output from and input to buffers that are not there. */
#include "pointers.h"

TEST("console_io_bad_pointer", "console_io with a bad buffer is EFAULT")
{
    CHECK_BAD_POINTERS(hypercall_console_io(CONSOLEIO_write, 4, p), -XEN_EFAULT);
    CHECK_RC(hypercall_console_io(CONSOLEIO_write, 4, NULL), -XEN_EFAULT);
    CHECK_RC(hypercall_console_io(CONSOLEIO_write, 0, NULL), 0);
    /* Without input there is nothing to store. */
    CHECK_BAD_POINTERS(hypercall_console_io(CONSOLEIO_read, 4, p), 0);
    CHECK_RC(hypercall_console_io(CONSOLEIO_write, -1, NULL), -XEN_EFAULT);
    CHECK_RC(hypercall_console_io(2, 4, NULL), -XEN_ENOSYS);
    CHECK_ALIVE();
}
