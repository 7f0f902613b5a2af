/* SPDX-License-Identifier: MIT */
/*
 * What Debian's static liblzma, zlib and libzstd want of a C library and of the CPU, beyond
 * lib/string.h. They allocate through the allocator that boot/decompress.c hands them, so malloc() and
 * friends are only here to be linked.
 */
#include "boot/image.h"
#include "core/log.h"
#include "x86/insn.h"

void *malloc(size_t n);
void *calloc(size_t n, size_t size);
void free(void *p);
_Noreturn void __stack_chk_fail(void);

void *malloc(size_t n)
{
    (void)n;
    return NULL;
}

void *calloc(size_t n, size_t size)
{
    (void)n;
    (void)size;
    return NULL;
}

void free(void *p)
{
    BUG_ON(p);
}

/* libzstd has these as weak references, which a call could not reach as address 0 from up here. */
unsigned long long ZSTD_trace_decompress_begin(const void *dctx);
void ZSTD_trace_decompress_end(unsigned long long ctx, const void *trace);

unsigned long long ZSTD_trace_decompress_begin(const void *dctx)
{
    (void)dctx;
    return 0; /* nobody traces */
}

void ZSTD_trace_decompress_end(unsigned long long ctx, const void *trace)
{
    (void)ctx;
    (void)trace;
}

void __stack_chk_fail(void)
{
    panic("the stack was overwritten while a kernel was unpacked");
}

/* The libraries keep a canary at %fs:40 and use SSE registers; no guest's are loaded at boot. */
static uint64_t thread_area[8];
static uint64_t saved_fs, saved_cr0;

void unpack_enter(void)
{
    thread_area[5] = rdtsc() << 8; /* a zero byte, as against strings */
    saved_fs = rdmsr(MSR_FS_BASE);
    wrmsr(MSR_FS_BASE, (uint64_t)(uintptr_t)thread_area);
    saved_cr0 = read_cr0();
    write_cr0((saved_cr0 & ~(CR0_TS | CR0_EM)) | CR0_MP);
    write_cr4(read_cr4() | CR4_OSFXSR | CR4_OSXMMEXCPT);
}

void unpack_leave(void)
{
    write_cr0(saved_cr0);
    wrmsr(MSR_FS_BASE, saved_fs);
}
