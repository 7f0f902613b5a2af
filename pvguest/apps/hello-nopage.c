/* SPDX-License-Identifier: MIT */
/* The same guest, linked without a hypercall page: its stubs execute syscall themselves. */
#include "hello.c"
