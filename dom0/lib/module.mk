# SPDX-License-Identifier: MIT
# What Dom0's daemons share: an archive, of which each links what it calls.

DOM0_LIB_OBJECTS := $(patsubst %.c,$(B)/%.o,$(wildcard dom0/lib/*.c))
DOM0_LIB         := $(B)/dom0/lib/libdom0.a

$(DOM0_LIB_OBJECTS): $(B)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(DOM0_CFLAGS) -c -o $@ $<

$(DOM0_LIB): $(DOM0_LIB_OBJECTS)
	@rm -f $@
	$(AR) rcs $@ $^

-include $(DOM0_LIB_OBJECTS:.o=.d)
