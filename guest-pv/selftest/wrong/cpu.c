/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Wrong uses of the calls whose arguments are numbers, and of lists. */
#include <xen/features.h>
#include <xen/version.h>
#include <pv/mm.h>
#include "rows.h"

#define NO_DOMAIN 4242
#define NO_FRAME 0xffffffffffull
#define EMPTY DATA(uint64_t, 0)

/* clang-format off */
static const struct row numbers[] = {
    ROW_ANY("buffer", set_trap_table, .arg = { BUF }, BOTH(-XEN_EFAULT), .size = sizeof(struct trap_info)),
    ROW_ANY("address that is none", set_trap_table, .arg = { BUF }, BOTH(-XEN_EINVAL), DATA(struct trap_info, .vector = 200, .address = NON_CANONICAL)),
    ROW_ANY("buffer", set_gdt, .arg = { BUF, 512 }, BOTH(-XEN_EFAULT), .size = sizeof(uint64_t)),
    ROW_ANY("too many", set_gdt, .arg = { BUF, FIRST_RESERVED_GDT_ENTRY + 1 }, BOTH(-XEN_EINVAL), EMPTY),
    ROW_ANY("most of all", set_gdt, .arg = { BUF, ~0ul }, BOTH(-XEN_EINVAL), EMPTY),
    ROW_ANY("no such frame", set_gdt, .arg = { BUF, 1 }, BOTH(-XEN_EINVAL), DATA(uint64_t, NO_FRAME)),
    ROW_ANY("a frame that is not ours", set_gdt, .arg = { BUF, 1 }, BOTH(-XEN_EINVAL), DATA(uint64_t, 0x10)),
    /* stack_switch, fpu_taskswitch and set_timer_op take any number; iret
     * has its frame on the stack: trap/iret, refuse/callback. */
    ROW_ANY("no such register", set_debugreg, .arg = { 8 }, BOTH(-XEN_ENODEV), EMPTY),
    ROW_ANY("last number", set_debugreg, .arg = { ~0ul }, BOTH(-XEN_ENODEV), EMPTY),
    ROW_ANY("inside the hypervisor", set_debugreg, .arg = { 0, HV_ADDR }, BOTH(-XEN_EPERM), EMPTY),
    ROW_ANY("address that is none", set_debugreg, .arg = { 3, NON_CANONICAL }, BOTH(-XEN_EPERM), EMPTY),
    ROW_ANY("just below the hypervisor", set_debugreg, .arg = { 1, HYPERVISOR_VIRT_START }, BOTH(-XEN_EPERM), EMPTY),
    ROW_ANY("general detect", set_debugreg, .arg = { 7, 1 << 13 }, BOTH(-XEN_EPERM), EMPTY),
    ROW_ANY("I/O breakpoint", set_debugreg, .arg = { 7, 2 << 16 }, BOTH(-XEN_EPERM), EMPTY),
    ROW_ANY("no such register", get_debugreg, .arg = { 8 }, BOTH(-XEN_EINVAL), EMPTY),
    ROW_ANY("last number", get_debugreg, .arg = { ~0ul }, BOTH(-XEN_EINVAL), EMPTY),
    ROW_ANY("no such frame", update_descriptor, .arg = { NO_FRAME << 12, 0 }, BOTH(-XEN_EINVAL), EMPTY),
    ROW_ANY("not aligned", update_descriptor, .arg = { 0x100004, 0 }, BOTH(-XEN_EINVAL), EMPTY),
    ROW_ANY("no such base", set_segment_base, .arg = { 4, 0 }, BOTH(-XEN_EINVAL), EMPTY),
    ROW_ANY("last number", set_segment_base, .arg = { ~0ul, 0 }, BOTH(-XEN_EINVAL), EMPTY),
    ROW_ANY("address that is none", set_segment_base, .arg = { SEGBASE_FS, NON_CANONICAL }, BOTH(-XEN_EINVAL), EMPTY),
    ROW_ANY("address that is none", set_segment_base, .arg = { SEGBASE_GS_USER, NON_CANONICAL }, BOTH(-XEN_EINVAL), EMPTY),
    ROW_ANY("unknown", vm_assist, .arg = { 2, VMASST_TYPE_writable_pagetables }, BOTH(-XEN_ENOSYS), EMPTY),
    ROW_ANY("no such assist", vm_assist, .arg = { VMASST_CMD_enable, 31 }, BOTH(-XEN_EINVAL), EMPTY),
    ROW_ANY("last number", vm_assist, .arg = { VMASST_CMD_enable, ~0ul }, BOTH(-XEN_EINVAL), EMPTY),
    ROW_ANY("for 32-bit guests", vm_assist, .arg = { VMASST_CMD_enable, VMASST_TYPE_4gb_segments }, BOTH(-XEN_EINVAL), EMPTY),
    ROW_ANY("buffer", console_io, .arg = { CONSOLEIO_write, 8, BUF }, PRIV(-XEN_EFAULT), .size = 8),
    ROW_ANY("count over 31 bits", console_io, .arg = { CONSOLEIO_write, 0x80000000, BUF }, PRIV(-XEN_EINVAL), EMPTY),
    ROW_ANY("count over 31 bits", console_io, .arg = { CONSOLEIO_read, 0xffffffff, BUF }, PRIV(-XEN_EINVAL), EMPTY),
    ROW_ANY("unknown", console_io, .arg = { 2, 8, BUF }, PRIV(-XEN_ENOSYS), EMPTY),
};

#define MULTI(why_, rc, ...) ROW_ANY(why_, multicall, .arg = { BUF, 1 }, rc, __VA_ARGS__)

static const struct row lists[] = {
    MULTI("buffer", BOTH(-XEN_EFAULT), .size = sizeof(struct multicall_entry)),
    ROW_ANY("too many for the address space", multicall, .arg = { BUF, ~0ul }, BOTH(-XEN_EFAULT), DATA(struct multicall_entry, 0)),
    ROW_ANY("over 32 bits", multicall, .arg = { BUF, 1ul << 32 }, BOTH(-XEN_EFAULT), DATA(struct multicall_entry, 0)),
    MULTI("read-only", BOTH(-XEN_EFAULT), .flags = READ_ONLY, DATA(struct multicall_entry, .op = __HYPERVISOR_xen_version)),
    ROW_ANY("buffer", mmu_update, .arg = { BUF, 1, 0, DOMID_SELF }, BOTH(-XEN_EFAULT), .size = sizeof(struct mmu_update)),
    ROW_ANY("no such domain", mmu_update, .arg = { BUF, 1, 0, NO_DOMAIN }, BOTH(-XEN_ESRCH), DATA(struct mmu_update, 0)),
    ROW_ANY("no such table", mmu_update, .arg = { BUF, 1, 0, DOMID_SELF }, BOTH(-XEN_EINVAL), DATA(struct mmu_update, .ptr = NO_FRAME << 12)),
    ROW_ANY("unknown", mmu_update, .arg = { BUF, 1, 0, DOMID_SELF }, BOTH(-XEN_ENOSYS), DATA(struct mmu_update, .ptr = 7)),
    ROW_ANY("count that cannot be done", mmu_update, .arg = { BUF, 1, UNMAPPED, DOMID_SELF }, BOTH(-XEN_EFAULT), DATA(struct mmu_update, .ptr = 7)),
    ROW_ANY("buffer", mmuext_op, .arg = { BUF, 1, 0, DOMID_SELF }, BOTH(-XEN_EFAULT), .size = sizeof(struct mmuext_op)),
    ROW_ANY("no such domain", mmuext_op, .arg = { BUF, 1, 0, NO_DOMAIN }, BOTH(-XEN_ESRCH), DATA(struct mmuext_op, 0)),
    ROW_ANY("out of all addresses", update_va_mapping, .arg = { NON_CANONICAL, 0, 0 }, BOTH(-XEN_EINVAL), EMPTY),
    ROW_ANY("inside the hypervisor", update_va_mapping, .arg = { HV_ADDR, 0, 0 }, BOTH(-XEN_EINVAL), EMPTY),
    ROW_ANY("no table there", update_va_mapping, .arg = { 0x7f0000000000, 0, 0 }, BOTH(-XEN_EINVAL), EMPTY),
    ROW_ANY("no such domain", update_va_mapping_otherdomain, .arg = { UNMAPPED, 0, 0, NO_DOMAIN }, PRIV(-XEN_ESRCH), EMPTY),
};

#define EXT(op, rc, ...) ROW_ANY(#op, mmuext_op, .arg = { BUF, 1, 0, DOMID_SELF }, rc, DATA(struct mmuext_op, .cmd = MMUEXT_##op, __VA_ARGS__))
/* Operations that take no argument that could be wrong, for another domain. */
#define EXT_OTHER(op) ROW_ANY(#op " for dom0", mmuext_op, .arg = { BUF, 1, 0, 0 }, GUEST(-XEN_EPERM), DATA(struct mmuext_op, .cmd = MMUEXT_##op))
#define EXT_FRAME(op, rc)                                                      \
    EXT(op, rc, .arg1.mfn = NO_FRAME), EXT(op, rc, .arg1.mfn = ~0ul),          \
    EXT(op, rc, .arg1.mfn = 0x10), EXT_OTHER(op)

static const struct row extended[] = {
    EXT_FRAME(PIN_L1_TABLE, BOTH(-XEN_EINVAL)),
    EXT_FRAME(PIN_L2_TABLE, BOTH(-XEN_EINVAL)),
    EXT_FRAME(PIN_L3_TABLE, BOTH(-XEN_EINVAL)),
    EXT_FRAME(PIN_L4_TABLE, BOTH(-XEN_EINVAL)),
    EXT_FRAME(UNPIN_TABLE, BOTH(-XEN_EINVAL)),
    EXT_FRAME(NEW_BASEPTR, BOTH(-XEN_EINVAL)),
    EXT_FRAME(NEW_USER_BASEPTR, BOTH(-XEN_EINVAL)),
    EXT_OTHER(TLB_FLUSH_LOCAL), EXT_OTHER(INVLPG_LOCAL),
    EXT(TLB_FLUSH_MULTI, BOTH(-XEN_EINVAL), .arg2.vcpumask.p = (void *)UNMAPPED),
    EXT(TLB_FLUSH_MULTI, BOTH(-XEN_EINVAL), .arg2.vcpumask.p = (void *)HV_ADDR),
    EXT(INVLPG_MULTI, BOTH(-XEN_EINVAL), .arg2.vcpumask.p = (void *)UNMAPPED),
    EXT(INVLPG_MULTI, BOTH(-XEN_EINVAL), .arg2.vcpumask.p = (void *)HV_ADDR),
    EXT_OTHER(TLB_FLUSH_ALL), EXT_OTHER(INVLPG_ALL),
    EXT(FLUSH_CACHE, GUEST(-XEN_EACCES), .arg1.mfn = 0),
    EXT(FLUSH_CACHE_GLOBAL, GUEST(-XEN_EACCES), .arg1.mfn = 0),
    EXT(SET_LDT, BOTH(-XEN_EINVAL), .arg1.linear_addr = 8, .arg2.nr_ents = 1),
    EXT(SET_LDT, BOTH(-XEN_EINVAL), .arg1.linear_addr = HV_ADDR & -4096, .arg2.nr_ents = 1),
    EXT(SET_LDT, BOTH(-XEN_EINVAL), .arg1.linear_addr = NON_CANONICAL, .arg2.nr_ents = 1),
    EXT(SET_LDT, BOTH(-XEN_EINVAL), .arg1.linear_addr = 0, .arg2.nr_ents = 8193),
    EXT(SET_LDT, BOTH(-XEN_EINVAL), .arg1.linear_addr = 0, .arg2.nr_ents = ~0u),
    EXT_FRAME(CLEAR_PAGE, BOTH(-XEN_EINVAL)),
    EXT_FRAME(COPY_PAGE, BOTH(-XEN_EINVAL)),
    EXT(MARK_SUPER, BOTH(-XEN_EOPNOTSUPP), .arg1.mfn = 0),
    EXT(UNMARK_SUPER, BOTH(-XEN_EOPNOTSUPP), .arg1.mfn = 0),
    ROW_ANY("unknown", mmuext_op, .arg = { BUF, 1, 0, DOMID_SELF }, BOTH(-XEN_ENOSYS), DATA(struct mmuext_op, .cmd = 21)),
    ROW_ANY("last number", mmuext_op, .arg = { BUF, 1, 0, DOMID_SELF }, BOTH(-XEN_ENOSYS), DATA(struct mmuext_op, .cmd = ~0u)),
};

#define VER_BUF(op, type) ROW("buffer", xen_version, XENVER_##op, BOTH(-XEN_EFAULT), .size = sizeof(type))

static const struct row version[] = {
    /* XENVER_version has no argument. */
    VER_BUF(extraversion, xen_extraversion_t),
    VER_BUF(compile_info, struct xen_compile_info),
    VER_BUF(capabilities, xen_capabilities_info_t),
    VER_BUF(changeset, xen_changeset_info_t),
    VER_BUF(platform_parameters, struct xen_platform_parameters),
    VER_BUF(get_features, struct xen_feature_info),
    VER_BUF(guest_handle, xen_domain_handle_t),
    VER_BUF(commandline, xen_commandline_t),
    ROW("no such word", xen_version, XENVER_get_features, BOTH(-XEN_EINVAL), DATA(struct xen_feature_info, .submap_idx = XENFEAT_NR_SUBMAPS)),
    ROW("last word", xen_version, XENVER_get_features, BOTH(-XEN_EINVAL), DATA(struct xen_feature_info, .submap_idx = ~0u)),
    ROW("read-only", xen_version, XENVER_capabilities, BOTH(-XEN_EFAULT), .flags = READ_ONLY, DATA(xen_capabilities_info_t, 0)),
    ROW("with an argument", xen_version, XENVER_pagesize, BOTH(-XEN_EINVAL), DATA(uint64_t, 0)),
    ROW("there is none", xen_version, XENVER_build_id, BOTH(-XEN_ENODATA), DATA(uint64_t, 0)),
    ROW("unknown", xen_version, 11, BOTH(-XEN_ENOSYS), DATA(uint64_t, 0)),
};
/* clang-format on */

TEST(wrong_cpu, "wrong/cpu")
{
    WRONG_ROWS(numbers);
    WRONG_ROWS(version);
}

TEST(wrong_mmu, "wrong/mmu")
{
    WRONG_ROWS(lists);
    WRONG_ROWS(extended);
}
