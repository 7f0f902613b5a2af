/* SPDX-License-Identifier: MIT */
/* The trivial program: fork, exec and wait of it is the unit F. */
int main(void)
{
    return 0;
}
