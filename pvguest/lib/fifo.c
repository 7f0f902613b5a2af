/* SPDX-License-Identifier: MIT */
#include "fifo.h"
#include "pvguest.h"

static struct {
    struct evtchn_fifo_control_block *control;
    uint32_t head[EVTCHN_FIFO_MAX_QUEUES]; /* 0: to be read from the control block */
    uint32_t ready;
} queues[MAX_CPUS];

static event_word_t *array[FIFO_PAGES];
static unsigned int pages;

long fifo_init_control(unsigned int vcpu, unsigned long mfn, unsigned int offset)
{
    struct evtchn_init_control op = {.control_gfn = mfn, .offset = offset, .vcpu = vcpu};
    long rc = hypercall_event_channel_op(EVTCHNOP_init_control, &op);

    ASSERT(rc || op.link_bits == EVTCHN_FIFO_LINK_BITS);
    return rc;
}

long fifo_expand_array(unsigned long mfn)
{
    struct evtchn_expand_array op = {.array_gfn = mfn};

    return hypercall_event_channel_op(EVTCHNOP_expand_array, &op);
}

long fifo_set_priority(evtchn_port_t port, unsigned int priority)
{
    struct evtchn_set_priority op = {.port = port, .priority = priority};

    return hypercall_event_channel_op(EVTCHNOP_set_priority, &op);
}

void fifo_start(unsigned int vcpus)
{
    ASSERT(vcpus <= MAX_CPUS);
    pages = 0;
    for (unsigned int i = 0; i < vcpus; i++) {
        memset(&queues[i], 0, sizeof(queues[i]));
        queues[i].control = page_alloc();
        MUST(fifo_init_control(i, va_to_mfn(queues[i].control), 0));
    }
}

void fifo_expand(void)
{
    event_word_t *page = page_alloc();

    ASSERT(pages < FIFO_PAGES);
    for (unsigned int i = 0; i < FIFO_WORDS; i++)
        page[i] = FIFO_MASKED;
    array[pages++] = page;
    MUST(fifo_expand_array(va_to_mfn(page)));
}

struct evtchn_fifo_control_block *fifo_control(unsigned int vcpu)
{
    return queues[vcpu].control;
}

volatile event_word_t *fifo_word(evtchn_port_t port)
{
    ASSERT(port / FIFO_WORDS < pages);
    return &array[port / FIFO_WORDS][port % FIFO_WORDS];
}

void fifo_mask(evtchn_port_t port)
{
    __atomic_fetch_or(fifo_word(port), FIFO_MASKED, __ATOMIC_SEQ_CST);
}

void fifo_unmask(evtchn_port_t port)
{
    volatile event_word_t *word = fifo_word(port);
    event_word_t w;

    do
        w = *word & ~FIFO_BUSY;
    while (!__atomic_compare_exchange_n(word, &w, w & ~FIFO_MASKED, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST));
    if (w & FIFO_PENDING)
        MUST(evtchn_unmask(port));
}

/* The first of a queue is taken off: what it was. */
static event_word_t unlink(unsigned int vcpu, unsigned int priority, evtchn_port_t *port)
{
    uint32_t *head = &queues[vcpu].head[priority];
    event_word_t w;

    if (!*head)
        *head = *(volatile uint32_t *)&queues[vcpu].control->head[priority];
    *port = *head;
    w = __atomic_fetch_and(fifo_word(*port), ~(FIFO_LINKED | EVTCHN_FIFO_LINK_MASK), __ATOMIC_SEQ_CST);
    *head = w & EVTCHN_FIFO_LINK_MASK;
    if (!*head)
        queues[vcpu].ready &= ~(1u << priority);
    return w;
}

evtchn_port_t fifo_take(unsigned int vcpu)
{
    evtchn_port_t port;

    for (;;) {
        queues[vcpu].ready |= __atomic_exchange_n(&queues[vcpu].control->ready, 0, __ATOMIC_SEQ_CST);
        if (!queues[vcpu].ready)
            return 0;
        unlink(vcpu, (unsigned int)__builtin_ctz(queues[vcpu].ready), &port);
        if ((*fifo_word(port) & (FIFO_PENDING | FIFO_MASKED)) != FIFO_PENDING)
            continue;
        __atomic_fetch_and(fifo_word(port), ~FIFO_PENDING, __ATOMIC_SEQ_CST);
        return port;
    }
}
