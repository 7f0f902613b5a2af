/* SPDX-License-Identifier: MIT */
/*
 * The /init of a measured boot: says "INIT" and the time-stamp counter in hexadecimal, which is the number of
 * instructions (and idle nanoseconds) since the machine's start, and powers off.
 */
        .globl  _start
_start:
        rdtsc
        shl     $32, %rdx
        or      %rax, %rdx
        lea     end_of_digits(%rip), %rdi
        mov     $16, %ecx
1:      mov     %edx, %eax
        and     $15, %eax
        lea     hex_digits(%rip), %rsi
        mov     (%rsi,%rax), %al
        dec     %rdi
        mov     %al, (%rdi)
        shr     $4, %rdx
        loop    1b
        mov     $1, %eax                 /* write(1, text, size) */
        mov     $1, %edi
        lea     text(%rip), %rsi
        mov     $text_end - text, %edx
        syscall
        mov     $169, %eax               /* reboot(..., LINUX_REBOOT_CMD_POWER_OFF) */
        mov     $0xfee1dead, %edi
        mov     $672274793, %esi
        mov     $0x4321fedc, %edx
        syscall
2:      jmp     2b

        .section .rodata
hex_digits:
        .ascii  "0123456789abcdef"
        .data
text:   .ascii  "INIT "
        .skip   16, '0'
end_of_digits:
        .ascii  "\n"
text_end:
        .section .note.GNU-stack, "", @progbits
