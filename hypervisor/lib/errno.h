/* SPDX-License-Identifier: MIT */
/* Xen's error numbers under their plain names, from the public list; functions return them negative. */
#ifndef LIB_ERRNO_H
#define LIB_ERRNO_H

#ifdef EPERM /* a host test already has the C library's, which are the same numbers */
#define LIB_ERRNO_HAVE_HOST
#else
#define XEN_ERRNO(name, value) name = value,
enum {
#include <xen/errno.h>
};
#undef XEN_ERRNO
#endif
#ifndef ERESTART
#define ERESTART 85
#endif

#endif
