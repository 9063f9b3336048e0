/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * xen_version, vm_assist, callback_op, and the page of hypercall stubs that
 * older kernels ask for.
 */
#include <hv/cmdline.h>
#include <hv/cpu.h>
#include <hv/domain.h>
#include <hv/errno.h>
#include <hv/guest.h>
#include <hv/hcall.h>
#include <hv/hypercall_page.h>
#include <hv/layout.h>
#include <hv/nospec.h>
#include <hv/string.h>
#include <hv/vcpu.h>
#include <x86/regs.h>
#include <x86/pte.h>
#include <xen/callback.h>
#include <xen/features.h>
#include <xen/version.h>

/* The ABI that we speak is that of Xen 4.17. */
#define ABI_MAJOR 4
#define ABI_MINOR 17
#define ABI_EXTRA ".0-pellicle"

/* ---- xen_version ---- */

union version_reply {
    xen_extraversion_t extra;
    struct xen_compile_info compile;
    xen_capabilities_info_t caps;
    xen_changeset_info_t changeset;
    struct xen_platform_parameters platform;
    xen_commandline_t cmdline;
    xen_domain_handle_t handle;
};

/* Each fills @r, which is zeroed as far as its size goes. */
static void reply_extraversion(struct vcpu *v, union version_reply *r)
{
    static const char extra[] = ABI_EXTRA;

    static_assert(sizeof(extra) <= sizeof(r->extra), "ABI_EXTRA");
    (void)v;
    memcpy(r->extra, extra, sizeof(extra));
}

static void reply_compile_info(struct vcpu *v, union version_reply *r)
{
    (void)v;
    copy_string(r->compile.compiler, __VERSION__, sizeof(r->compile.compiler));
    copy_string(r->compile.compile_by, "pellicle",
                sizeof(r->compile.compile_by));
}

static void reply_capabilities(struct vcpu *v, union version_reply *r)
{
    (void)v;
    copy_string(r->caps, "xen-3.0-x86_64 ", sizeof(r->caps));
}

static void reply_changeset(struct vcpu *v, union version_reply *r)
{
    (void)v, (void)r;
}

static void reply_platform(struct vcpu *v, union version_reply *r)
{
    (void)v;
    r->platform.virt_start = HV_VIRT_START;
}

static void reply_cmdline(struct vcpu *v, union version_reply *r)
{
    if (v->domain->control)
        copy_string(r->cmdline, hv_cmdline, sizeof(r->cmdline));
}

static void reply_handle(struct vcpu *v, union version_reply *r)
{
    memcpy(r->handle, v->domain->handle, sizeof(r->handle));
}

static const struct {
    void (*fill)(struct vcpu *, union version_reply *);
    size_t size;
} replies[] = {
    // clang-format off
    [XENVER_extraversion] = { reply_extraversion, sizeof(xen_extraversion_t) },
    [XENVER_compile_info] = { reply_compile_info, sizeof(struct xen_compile_info) },
    [XENVER_capabilities] = { reply_capabilities, sizeof(xen_capabilities_info_t) },
    [XENVER_changeset] = { reply_changeset, sizeof(xen_changeset_info_t) },
    [XENVER_platform_parameters] = { reply_platform, sizeof(struct xen_platform_parameters) },
    [XENVER_guest_handle] = { reply_handle, sizeof(xen_domain_handle_t) },
    [XENVER_commandline] = { reply_cmdline, sizeof(xen_commandline_t) },
    // clang-format on
};

static long get_features(const struct domain *d, unsigned long u_arg)
{
    struct xen_feature_info fi;

    if (copy_from_guest(&fi, u_arg, sizeof(fi)))
        return -EFAULT;
    if (fi.submap_idx >= XENFEAT_NR_SUBMAPS)
        return -EINVAL;
    fi.submap = (1U << XENFEAT_mmu_pt_update_preserve_ad) |
                (1U << XENFEAT_highmem_assist) |
                (1U << XENFEAT_gnttab_map_avail_bits) |
                (1U << XENFEAT_memory_op_vnode_supported) |
                (1U << XENFEAT_direct_mapped);
    if (d->vm_assist & (1U << VMASST_TYPE_pae_extended_cr3))
        fi.submap |= 1U << XENFEAT_pae_pgdir_above_4gb;
    if (d->hardware)
        fi.submap |= 1U << XENFEAT_dom0;
    return copy_to_guest(u_arg, &fi, sizeof(fi)) ? -EFAULT : 0;
}

/* arg: XENVER_*, pointer to its structure */
long hc_xen_version(struct hcall *h)
{
    unsigned long cmd = h->arg[0], u_arg = h->arg[1];
    union version_reply r;
    size_t len;

    /* Also how a guest polls for events; they are delivered at the exit. */
    if (likely(cmd == XENVER_version))
        return (ABI_MAJOR << 16) | ABI_MINOR;
    if (cmd == XENVER_get_features)
        return get_features(h->caller->domain, u_arg);
    if (cmd == XENVER_pagesize)
        return u_arg ? -EINVAL : (long)PAGE_SIZE;
    if (cmd == XENVER_build_id)
        return -ENODATA;
    cmd = nospec_index(cmd, ARRAY_SIZE(replies)); /* else 0: not there */
    if (!replies[cmd].fill)
        return -ENOSYS;

    len = replies[cmd].size;
    memset(&r, 0, len);
    replies[cmd].fill(h->caller, &r);
    return copy_to_guest(u_arg, &r, len) ? -EFAULT : 0;
}

/* ---- vm_assist ---- */

/* What a 64-bit guest may switch on. */
#define ASSISTS                                                                \
    ((1U << VMASST_TYPE_writable_pagetables) |                                 \
     (1U << VMASST_TYPE_pae_extended_cr3) |                                    \
     (1U << VMASST_TYPE_architectural_iopl) |                                  \
     (1U << VMASST_TYPE_runstate_update_flag))

/* arg: VMASST_CMD_*, VMASST_TYPE_* */
long hc_vm_assist(struct hcall *h)
{
    struct domain *d = h->caller->domain;
    unsigned long type = h->arg[1];

    if (h->arg[0] != VMASST_CMD_enable && h->arg[0] != VMASST_CMD_disable)
        return -ENOSYS;
    if (type > 31 || !(ASSISTS & (1U << type)))
        return -EINVAL;
    if (h->arg[0] == VMASST_CMD_enable)
        __atomic_fetch_or(&d->vm_assist, 1U << type, __ATOMIC_RELAXED);
    else
        __atomic_fetch_and(&d->vm_assist, ~(1U << type), __ATOMIC_RELAXED);
    return 0;
}

/* ---- callback_op ---- */

/* Where callback @type of @v is kept, or NULL. */
static struct guest_callback *callback_of(struct vcpu *v, unsigned int type)
{
    switch (type) {
    case CALLBACKTYPE_event:
        return &v->event_cb;
    case CALLBACKTYPE_failsafe:
        return &v->failsafe_cb;
    case CALLBACKTYPE_syscall:
        return &v->syscall_cb;
    case CALLBACKTYPE_sysenter_deprecated:
    case 5: /* CALLBACKTYPE_sysenter; the header hides it by version */
        return &v->sysenter_cb;
    case CALLBACKTYPE_syscall32:
        return &v->syscall32_cb;
    }
    return NULL;
}

/* The same thing as vector 2 of the trap table. */
static void set_nmi_handler(struct vcpu *v, unsigned long address)
{
    struct trap_info *t = &v->traps[VEC_NMI];

    *t = (struct trap_info){ .vector = VEC_NMI, .address = address };
    TI_SET_IF(t, 1);
}

static long callback_register(struct vcpu *v, unsigned long u_arg)
{
    struct callback_register reg;
    struct guest_callback *cb;

    if (copy_from_guest(&reg, u_arg, sizeof(reg)))
        return -EFAULT;
    cb = callback_of(v, reg.type);
    if (!cb && reg.type != CALLBACKTYPE_nmi)
        return -ENOSYS;
    if (!va_canonical(reg.address))
        return -EINVAL;
    if (reg.type == CALLBACKTYPE_nmi) {
        set_nmi_handler(v, reg.address);
        return 0;
    }
    *cb = (struct guest_callback){
        .address = reg.address,
        .mask_events = reg.type == CALLBACKTYPE_event ||
                       (reg.flags & CALLBACKF_mask_events),
    };
    return 0;
}

static long callback_unregister(struct vcpu *v, unsigned long u_arg)
{
    struct callback_unregister unreg;

    if (copy_from_guest(&unreg, u_arg, sizeof(unreg)))
        return -EFAULT;
    /* A guest cannot do without the others. */
    switch (unreg.type) {
    case CALLBACKTYPE_event:
    case CALLBACKTYPE_failsafe:
    case CALLBACKTYPE_syscall:
        return -EINVAL;
    }
    if (unreg.type == CALLBACKTYPE_nmi) {
        set_nmi_handler(v, 0);
        return 0;
    }
    if (!callback_of(v, unreg.type))
        return -ENOSYS;
    *callback_of(v, unreg.type) = (struct guest_callback){ 0 };
    return 0;
}

/* arg: CALLBACKOP_*, pointer */
long hc_callback_op(struct hcall *h)
{
    switch (h->arg[0]) {
    case CALLBACKOP_register:
        return callback_register(h->caller, h->arg[1]);
    case CALLBACKOP_unregister:
        return callback_unregister(h->caller, h->arg[1]);
    }
    return -ENOSYS;
}

/* ---- the page of stubs ---- */

#define STUB_SIZE 32

void hypercall_page_fill(void *page)
{
    /* push rcx; push r11; mov $nr, eax; syscall; pop r11; pop rcx; ret */
    static const uint8_t stub[] = { 0x51, 0x41, 0x53, 0xb8, 0,    0,    0,
                                    0,    0x0f, 0x05, 0x41, 0x5b, 0x59, 0xc3 };
    /* push rcx; push r11; push rax; mov $nr, eax; syscall (no return) */
    static const uint8_t iret[] = { 0x51, 0x41, 0x53, 0x50, 0xb8, 0,
                                    0,    0,    0,    0x0f, 0x05 };
    uint8_t *p = page;

    memset(page, 0xcc, PAGE_SIZE);
    for (uint32_t nr = 0; nr < PAGE_SIZE / STUB_SIZE; nr++, p += STUB_SIZE) {
        if (nr == __HYPERVISOR_iret) {
            memcpy(p, iret, sizeof(iret));
            memcpy(p + 5, &nr, sizeof(nr));
        } else {
            memcpy(p, stub, sizeof(stub));
            memcpy(p + 4, &nr, sizeof(nr));
        }
    }
}
