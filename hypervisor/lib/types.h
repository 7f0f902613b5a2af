/* SPDX-License-Identifier: MIT */
/* The words everything is said in: fixed-width integers, boxed frame numbers, small macros. */
#ifndef LIB_TYPES_H
#define LIB_TYPES_H

/* Xen's public headers in their newest form, with the toolstack's part, whichever of them comes first. */
#define __XEN_INTERFACE_VERSION__ __XEN_LATEST_INTERFACE_VERSION__
#define __XEN_TOOLS__ 1

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A frame number is boxed so that a machine frame (mfn), a guest's pseudo-physical frame (gfn/pfn)
 * and a plain number cannot be mixed up by accident. */
typedef struct { uint64_t n; } mfn_t;
typedef struct { uint64_t n; } gfn_t;

#define MFN(x) ((mfn_t){ (x) })
#define GFN(x) ((gfn_t){ (x) })
#define MFN_INVALID MFN(~0ull)

static inline bool mfn_eq(mfn_t a, mfn_t b) { return a.n == b.n; }

typedef uint64_t maddr_t; /* machine address in bytes */
typedef uint64_t gva_t;   /* guest virtual address, never dereferenced outside the door */

#define PAGE_SHIFT 12
#define PAGE_SIZE 4096ul
#define PAGE_MASK (~(PAGE_SIZE - 1))

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define container_of(ptr, type, member) ((type *)((char *)(ptr) - offsetof(type, member)))
#define min(a, b) ({ __typeof__(a) a_ = (a); __typeof__(b) b_ = (b); a_ < b_ ? a_ : b_; })
#define max(a, b) ({ __typeof__(a) a_ = (a); __typeof__(b) b_ = (b); a_ > b_ ? a_ : b_; })
#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
#define DIV_ROUND_UP(n, d) (((n) + (d)-1) / (d))
#define ROUND_UP(n, d) (DIV_ROUND_UP(n, d) * (d))
#define PRINTF_LIKE(f, a) __attribute__((format(printf, f, a)))
#define BIT(n) (1ull << (n))

/* Memory shared with a guest or another CPU is read exactly once, through this. */
#define READ_ONCE(x) (*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, v) (*(volatile __typeof__(x) *)&(x) = (v))

#endif
