# SPDX-License-Identifier: MIT
# nm -n's list of the first link -> the table for backtraces (x86/panic.c): sorted addresses of
# functions, relative to the image's start, and their names.
BEGIN { n = 0; bytes = 0 }
$2 ~ /^[tT]$/ && $3 !~ /^\./ {
    addr[n] = substr($1, 9)
    name[n] = $3
    at[n++] = bytes
    bytes += length($3) + 1
}
END {
    print "\t.section .symbols, \"a\""
    print "\t.balign 4"
    print "\t.globl symbol_count, symbol_table, symbol_names"
    print "symbol_count:\n\t.long " n
    print "symbol_table:"
    for (i = 0; i < n; i++)
        print "\t.long 0x" addr[i] " - 0x40000000, " at[i]
    print "symbol_names:"
    for (i = 0; i < n; i++)
        print "\t.asciz \"" name[i] "\""
    print "\t.section .note.GNU-stack, \"\", @progbits"
}
