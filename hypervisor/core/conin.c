/* SPDX-License-Identifier: MIT */
#include "core/conin.h"

static void put(struct conin *c, char byte, char keys[3], unsigned *nr)
{
    if (c->to_hypervisor)
        keys[(*nr)++] = byte;
    else if (conin_used(c) < CONIN_SIZE)
        c->data[c->in++ & (CONIN_SIZE - 1)] = byte;
}

enum conin_got conin_byte(struct conin *c, char byte, char keys[3], unsigned *nr)
{
    *nr = 0;
    if (c->switch_key && byte == c->switch_key) {
        if (++c->pressed < 3)
            return CONIN_NOTHING;
        c->pressed = 0;
        c->to_hypervisor = !c->to_hypervisor;
        return CONIN_SWITCHED;
    }
    for (; c->pressed; c->pressed--)
        put(c, c->switch_key, keys, nr);
    put(c, byte, keys, nr);
    return c->to_hypervisor ? CONIN_KEYS : CONIN_INPUT;
}

size_t conin_read(struct conin *c, char *buf, size_t n)
{
    size_t done = 0;

    while (done < n && c->out != c->in)
        buf[done++] = c->data[c->out++ & (CONIN_SIZE - 1)];
    return done;
}
