/* SPDX-License-Identifier: MIT */
/* What lwIP asks of a compiler and a C library: see lwip/arch.h. */
#ifndef PVGUEST_NET_CC_H
#define PVGUEST_NET_CC_H

#include <limits.h>

#include "panic.h"
#include "printf.h"

#define LWIP_NO_INTTYPES_H 1
#define LWIP_NO_CTYPE_H 1
#define LWIP_NO_UNISTD_H 1
#define X8_F "x"
#define U16_F "u"
#define S16_F "d"
#define X16_F "x"
#define U32_F "u"
#define S32_F "d"
#define X32_F "x"
#define SZT_F "zu"

/* Else lwIP makes an ssize_t that is not the one of the headers it includes. */
#ifndef SSIZE_MAX
#define SSIZE_MAX LONG_MAX
#endif
typedef long ssize_t;

#define LWIP_PLATFORM_DIAG(x) (void)(printf x)
#define LWIP_PLATFORM_ASSERT(x) panic("lwIP: %s", x)

unsigned int lwip_port_random(void);
#define LWIP_RAND() lwip_port_random()

#endif
