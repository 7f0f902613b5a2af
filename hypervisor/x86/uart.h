/* SPDX-License-Identifier: MIT */
/* The serial line: a 16550 at an I/O port, polled. Caller holds the console lock. */
#ifndef X86_UART_H
#define X86_UART_H

#include "lib/types.h"

/* baud 0: leave the speed as it is. False: nothing answers at that port. */
bool uart_init(uint16_t port, uint32_t baud);
void uart_write(const char *s, size_t n); /* nothing without a UART */
int uart_read(void);                      /* one received byte, or -1 */
uint16_t uart_port(void);                 /* 0: none; its eight ports are the hypervisor's */

#endif
