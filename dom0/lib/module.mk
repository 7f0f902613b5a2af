# SPDX-License-Identifier: MIT
# What Dom0's daemons share: each links all of it.

DOM0_LIB_OBJECTS := $(patsubst %.c,$(B)/%.o,$(wildcard dom0/lib/*.c))

$(DOM0_LIB_OBJECTS): $(B)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(DOM0_CFLAGS) -c -o $@ $<

-include $(DOM0_LIB_OBJECTS:.o=.d)
