/* SPDX-License-Identifier: MIT */
#include "core/frame.h"

struct frame *frame_table;
uint64_t m2p_l4e;

void frame_list_init(struct frame_list *l)
{
    l->head = l->tail = FRAME_NIL;
    l->count = 0;
}

void frame_list_add(struct frame_list *l, struct frame *f)
{
    frame_list_add_number(l, f, (uint32_t)(f - frame_table));
}

void frame_list_del(struct frame_list *l, struct frame *f)
{
    if (f->prev == FRAME_NIL)
        l->head = f->next;
    else
        frame_table[f->prev].next = f->next;
    if (f->next == FRAME_NIL)
        l->tail = f->prev;
    else
        frame_table[f->next].prev = f->prev;
    f->prev = f->next = FRAME_NIL;
    l->count--;
}

struct frame *frame_list_pop(struct frame_list *l)
{
    struct frame *f;

    if (l->head == FRAME_NIL)
        return NULL;
    f = &frame_table[l->head];
    frame_list_del(l, f);
    return f;
}
