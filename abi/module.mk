# SPDX-License-Identifier: MIT
# The layouts of the interface, checked by compiling them as the hypervisor and guests see them.

$(B)/abi/layout.o: abi/layout.c
	@mkdir -p $(@D)
	@$(CC) $(COMMON) -ffreestanding -c $< -o $@

all host-tests: $(B)/abi/layout.o

-include $(wildcard $(B)/abi/*.d)
