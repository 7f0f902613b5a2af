/* SPDX-License-Identifier: MIT */
#include "x86/vga.h"
#include "lib/string.h"
#include "x86/insn.h"
#include "x86/paging.h"

#define TEXT 0xb8000
#define COLUMNS 80
#define ROWS 25
#define GREY 0x0700

#define CRTC 0x3d4
enum { CURSOR_HIGH = 0x0e, CURSOR_LOW = 0x0f };

static uint16_t *screen; /* NULL: not ours */
static unsigned column, row;

static void crtc(uint8_t reg, uint8_t value)
{
    outb(CRTC, reg);
    outb(CRTC + 1, value);
}

static void blank(unsigned from_row)
{
    for (unsigned i = from_row * COLUMNS; i < ROWS * COLUMNS; i++)
        screen[i] = GREY | ' ';
}

void vga_init(void)
{
    screen = ioremap(TEXT, ROWS * COLUMNS * 2, IOREMAP_UNCACHED);
    if (screen)
        blank(0);
}

void vga_leave(void)
{
    screen = NULL;
}

static void new_line(void)
{
    column = 0;
    if (++row < ROWS)
        return;
    row = ROWS - 1;
    memmove(screen, screen + COLUMNS, (ROWS - 1) * COLUMNS * 2);
    blank(ROWS - 1);
}

void vga_write(const char *s, size_t n)
{
    if (!screen)
        return;
    for (; n; n--, s++) {
        if (*s == '\n' || column == COLUMNS)
            new_line();
        if ((uint8_t)*s >= ' ')
            screen[row * COLUMNS + column++] = (uint16_t)(GREY | (uint8_t)*s);
    }
    crtc(CURSOR_HIGH, (uint8_t)((row * COLUMNS + column) >> 8));
    crtc(CURSOR_LOW, (uint8_t)(row * COLUMNS + column));
}
