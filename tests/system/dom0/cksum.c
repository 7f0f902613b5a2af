/* SPDX-License-Identifier: MIT */
/* cksum(1), which busybox may lack: the checksum and the length of its input. */
#include <stdint.h>
#include <stdio.h>

static uint32_t step(uint32_t crc, uint8_t byte)
{
    crc ^= (uint32_t)byte << 24;
    for (int bit = 0; bit < 8; bit++)
        crc = crc & 0x80000000u ? (crc << 1) ^ 0x04c11db7u : crc << 1;
    return crc;
}

int main(void)
{
    static uint8_t data[65536];
    uint32_t table[256], crc = 0;
    unsigned long length = 0;
    size_t n;

    for (unsigned i = 0; i < 256; i++)
        table[i] = step(0, (uint8_t)i);
    while ((n = fread(data, 1, sizeof(data), stdin)) > 0) {
        for (size_t i = 0; i < n; i++)
            crc = (crc << 8) ^ table[(crc >> 24) ^ data[i]];
        length += n;
    }
    for (n = length; n; n >>= 8)
        crc = (crc << 8) ^ table[(crc >> 24) ^ (uint8_t)n];
    printf("%u %lu\n", ~crc, length);
    return ferror(stdin) != 0;
}
