/* SPDX-License-Identifier: MIT */
/*
 * The console: log lines with their levels, the kept ring, guests' output, input. Declared for the
 * rest of the hypervisor in core/log.h and core/console.h; this is what boot and panic need on top.
 * Everything is guarded by the console lock (rank 12), except in a panic, which breaks it.
 *
 * A line of the hypervisor goes into the ring and is never lost there; on the serial line it waits
 * for room, but not for a line that does not move. The control domain's output waits in the domain
 * (its hypercall is restarted); other domains' lines are dropped when the buffer is half full.
 */
#ifndef X86_CONSOLE_H
#define X86_CONSOLE_H

#include "core/console.h"
#include "core/log.h"
#include "core/timestamp.h"

struct console_config {
    bool com1, vga, vga_keep;
    uint32_t com1_baud; /* 0: as it is */
    uint16_t com1_port;
    uint32_t com1_irq;  /* 0: do not use it */
    bool sync;          /* each line is out before anything else happens */
    bool to_ring;       /* the control domain's output is kept in the ring, too */
    char conswitch[2];  /* the switch key's letter; 'x': input begins at the hypervisor */
    uint32_t ring_size; /* bytes, 0: the default */
    enum timestamp_mode timestamps;
    /* Shown always up to the first, up to the second if there are not too many. */
    enum log_level loglvl, loglvl_limited, guest_loglvl, guest_loglvl_limited;
};

void console_init(const struct console_config *config);
void console_ring_grow(void); /* once memory can be allocated */
void console_start(void);     /* at the boot's end: input begins, the VGA is left to the domain */
/* From now on nobody waits for the lock: the CPU in panic is alone, and its words go out at once. */
void console_break_lock(void);
void console_flush(void); /* before the machine ends */

#endif
