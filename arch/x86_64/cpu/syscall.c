/* syscall.c: where SYSCALL leads (Intel SDM vol. 3, 5.8.8), and memory that is a program's. */
#include "cpu/syscall.h"

#include "cpu/descriptors.h"
#include "cpu/instructions.h"
#include "mm/address_space.h"

enum {
    MSR_STAR = 0xc0000081,
    MSR_LSTAR = 0xc0000082,
    MSR_FMASK = 0xc0000084,
    EFER_SCE = 1,
};

/* What SYSCALL clears. DF and AC as interrupt entries have them cleared, the rest like a gate. */
#define FLAG_TF (1u << 8)
#define FLAG_DF (1u << 10)
#define FLAG_NT (1u << 14)
#define FLAG_RF (1u << 16)
#define FLAG_AC (1u << 18)

extern const uint8_t syscall_entry[]; /* syscall.S */
extern const uint8_t user_copy_access[], user_copy_end[];
size_t user_copy(void *to, const void *from, size_t n);

/* SYSRET takes ss from the upper selector + 8 and cs from it + 16, and makes both ring 3's. */
_Static_assert(KERNEL_DATA == KERNEL_CODE + 8, "SYSCALL wants it so");
_Static_assert(USER_DATA == KERNEL_DATA + 8 && USER_CODE == KERNEL_DATA + 16, "and SYSRET");

void syscall_load(void)
{
    write_msr(MSR_EFER, read_msr(MSR_EFER) | EFER_SCE);
    write_msr(MSR_STAR, (uint64_t)KERNEL_DATA << 48 | (uint64_t)KERNEL_CODE << 32);
    write_msr(MSR_LSTAR, (uint64_t)syscall_entry);
    write_msr(MSR_FMASK, FLAG_TF | RFLAGS_IF | FLAG_DF | FLAG_NT | FLAG_RF | FLAG_AC);
}

static bool is_users(uint64_t address, size_t n)
{
    return address < USER_HIGH && n <= USER_HIGH - address;
}

size_t user_read(void *to, uint64_t from, size_t n)
{
    return is_users(from, n) ? user_copy(to, (const void *)from, n) : n;
}

size_t user_write(uint64_t to, const void *from, size_t n)
{
    return is_users(to, n) ? user_copy((void *)to, from, n) : n;
}

bool user_copy_at(const struct trap_frame *frame)
{
    return frame->rip == (uint64_t)user_copy_access;
}

bool user_copy_failed(struct trap_frame *frame)
{
    if (!user_copy_at(frame))
        return false;
    frame->rip = (uint64_t)user_copy_end;
    return true;
}
