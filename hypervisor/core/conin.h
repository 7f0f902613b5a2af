/* SPDX-License-Identifier: MIT */
/*
 * Console input on its way from the serial line to the control domain.
 *
 *   DOM0 --three times the switch key--> HYPERVISOR --three times--> DOM0
 *
 * The key is eaten in threes: one or two of them followed by something else are input like any
 * other. In state DOM0 a byte goes into the buffer, in state HYPERVISOR it is a debug key.
 * No lock of its own: guarded by the console lock.
 */
#ifndef CORE_CONIN_H
#define CORE_CONIN_H

#include "lib/types.h"

#define CONIN_SIZE 8192 /* power of two; a paste of 4 KiB fits while nobody reads */

enum conin_got { CONIN_NOTHING, CONIN_INPUT, CONIN_SWITCHED, CONIN_KEYS };

struct conin {
    char switch_key;    /* 0: there is none */
    bool to_hypervisor; /* who gets what is typed */
    uint8_t pressed;    /* switch keys held back */
    uint32_t in, out;   /* running byte numbers */
    char data[CONIN_SIZE];
};

/*
 * One byte was received. CONIN_INPUT: there is more for the control domain; CONIN_SWITCHED: the
 * other one listens now; CONIN_KEYS: keys[0..*nr) are debug keys. What does not fit is lost.
 */
enum conin_got conin_byte(struct conin *c, char byte, char keys[3], unsigned *nr);
size_t conin_read(struct conin *c, char *buf, size_t n);

static inline size_t conin_used(const struct conin *c)
{
    return c->in - c->out;
}
/* Room for a byte and the switch keys it may set free. */
static inline bool conin_full(const struct conin *c)
{
    return CONIN_SIZE - conin_used(c) < 3;
}

#endif
