# The kernel's machine-independent parts, and those that only pretend to be dependent: memory, page
# tables, boot information, text. kernel_host/ stands in for the machine.

KERNEL_PARTS := $(addprefix $(ROOT)/kernel/,format.c cmdline.c initrd.c log.c memory_map.c page_alloc.c \
	kmalloc.c elf_load.c shared_page.c spinlock.c) $(addprefix $(ROOT)/arch/x86_64/,mm/paging.c mm/paging_walk.c \
	mm/address_space.c boot/acpi.c boot/boot_info.c boot/pvh.c boot/multiboot2.c boot/slide.c)
KERNEL_TESTS := kernel_host.c test_kernel_acpi.c test_kernel_boot.c test_kernel_initrd.c test_kernel_memory.c \
	test_kernel_paging.c test_kernel_text.c test_kernel_string.c \
	test_kernel_address_space.c test_kernel_elf.c
PROGRAMS     += "$(BUILD)/kernel"
BUILT        += $(BUILD)/kernel

# -iquote: "string.h" is the kernel's, <string.h> is the host's.
$(BUILD)/kernel: test.c test_main.c $(KERNEL_TESTS) $(KERNEL_PARTS) $(wildcard $(ROOT)/kernel/*.h \
		$(ROOT)/kernel/string.c $(ROOT)/arch/x86_64/*/*.h kernel_host/*/*.h *.h) kernel.mk
	@mkdir -p $(@D)
	@echo "  cc      $@"
	@$(CC) $(CFLAGS) $(SANE) -iquote kernel_host -iquote $(ROOT)/kernel -iquote $(ROOT)/arch/x86_64 \
		test.c test_main.c $(KERNEL_TESTS) $(KERNEL_PARTS) -o $@
