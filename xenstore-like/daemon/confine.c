/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Giving up what the store does not need. */
#include <errno.h>
#include <grp.h>
#include <libgen.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pwd.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <store/log.h>

#include "confine.h"
#include "fence.h"

/*
 * The filter stays when another program takes over, so this is also what a
 * program needs to start.  No new processes, no files' owners or modes, no
 * signals to others, nothing of modules, mounts, names or tracing.
 */
static const int allowed[] = {
    SYS_epoll_wait,
    SYS_recvfrom,
    SYS_sendto,
    SYS_pwritev,
    SYS_read,
    SYS_write,
    SYS_epoll_ctl,
    SYS_ioctl,
    SYS_accept4,
    SYS_close,
    SYS_clock_gettime,
    /* files */
    SYS_openat,
    SYS_open,
    SYS_fstat,
    SYS_newfstatat,
    SYS_stat,
    SYS_statx,
    SYS_lseek,
    SYS_pread64,
    SYS_pwrite64,
    SYS_readv,
    SYS_writev,
    SYS_ftruncate,
    SYS_fsync,
    SYS_flock,
    SYS_fcntl,
    SYS_rename,
    SYS_unlink,
    SYS_mkdir,
    SYS_access,
    SYS_faccessat2,
    SYS_readlink,
    SYS_getcwd,
    SYS_umask,
    SYS_dup2,
    SYS_memfd_create,
    SYS_pipe2,
    SYS_chdir,
    /* memory */
    SYS_mmap,
    SYS_munmap,
    SYS_mremap,
    SYS_mprotect,
    SYS_madvise,
    SYS_brk,
    /* sockets; only local ones, see below */
    SYS_connect,
    SYS_bind,
    SYS_listen,
    SYS_sendmsg,
    SYS_recvmsg,
    SYS_shutdown,
    SYS_setsockopt,
    SYS_getsockopt,
    SYS_getsockname,
    /* waiting and signals */
    SYS_epoll_create1,
    SYS_epoll_pwait,
    SYS_poll,
    SYS_ppoll,
    SYS_signalfd4,
    SYS_eventfd2,
    SYS_rt_sigaction,
    SYS_rt_sigprocmask,
    SYS_rt_sigreturn,
    SYS_restart_syscall,
    SYS_futex,
    SYS_clock_nanosleep,
    SYS_nanosleep,
    /* itself */
    SYS_execve,
    SYS_exit,
    SYS_exit_group,
    SYS_getpid,
    SYS_gettid,
    SYS_tgkill,
    SYS_getuid,
    SYS_geteuid,
    SYS_getgid,
    SYS_getegid,
    SYS_prlimit64,
    SYS_getrlimit,
    SYS_setrlimit,
    SYS_prctl,
    SYS_arch_prctl,
    SYS_set_tid_address,
    SYS_set_robust_list,
    SYS_rseq,
    SYS_getrandom,
    SYS_gettimeofday,
    SYS_time,
    SYS_uname,
    SYS_sysinfo,
};

#define NR_ALLOWED (sizeof(allowed) / sizeof(allowed[0]))
#define WORD(field) offsetof(struct seccomp_data, field)

static int filter_calls(void)
{
    struct sock_filter code[2 * NR_ALLOWED + 16];
    unsigned short nr = 0;
    struct sock_fprog program = { .filter = code };

    /* Other numbers of calls than ours: 32 bits, or x32. */
    code[nr++] =
        (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, WORD(arch));
    code[nr++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
                                              AUDIT_ARCH_X86_64, 1, 0);
    code[nr++] =
        (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
    code[nr++] =
        (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, WORD(nr));
    for (size_t i = 0; i < NR_ALLOWED; i++) {
        code[nr++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
                                                  allowed[i], 0, 1);
        code[nr++] =
            (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    }
    code[nr++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
                                              SYS_socket, 0, 3);
    code[nr++] =
        (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, WORD(args[0]));
    code[nr++] =
        (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 1, 0, 1);
    code[nr++] =
        (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    code[nr++] = (struct sock_filter)BPF_STMT(
        BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (EPERM & SECCOMP_RET_DATA));
    program.len = nr;
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) ? -errno : 0;
}

/* Can the user whom we are now still make the journal anew? */
static int check_folder(const char *user, const char *journal)
{
    char folder[4096];
    int err = 0;

    if (strlen(journal) >= sizeof(folder))
        return -ENAMETOOLONG;
    strcpy(folder, journal);
    dirname(folder);
    if (access(folder, W_OK)) {
        err = -errno;
        log_line("user %s cannot write in %s, where the journal is: %s", user,
                 folder, strerror(-err));
    }
    return err;
}

static int become(const struct options *opt, const struct passwd *pw)
{
    if (geteuid() == pw->pw_uid)
        return 0;
    /* Who takes over, or comes after a crash, has to open these. */
    if (chown(opt->pid_file, pw->pw_uid, pw->pw_gid) ||
        (opt->journal && chown(opt->journal, pw->pw_uid, pw->pw_gid)) ||
        (opt->access && chown(opt->access, pw->pw_uid, pw->pw_gid)))
        return -errno;
    if (setgroups(0, NULL) || setresgid(pw->pw_gid, pw->pw_gid, pw->pw_gid) ||
        setresuid(pw->pw_uid, pw->pw_uid, pw->pw_uid))
        return -errno;
    return 0;
}

/* 0, or a negative errno after a message. */
static int take_user(const struct options *opt)
{
    struct passwd *pw = getpwnam(opt->user);
    int err;

    if (!pw) {
        log_line("user %s: there is no such user", opt->user);
        return -ENOENT;
    }
    err = become(opt, pw);
    if (err) {
        log_line("user %s: %s", opt->user, strerror(-err));
        return err;
    }
    return opt->journal ? check_folder(opt->user, opt->journal) : 0;
}

int confine(const struct options *opt)
{
    int err = opt->user ? take_user(opt) : 0;

    if (err)
        return err;
    /* The last program's filter is still there, and their number is limited. */
    if (opt->handed && prctl(PR_GET_SECCOMP) == SECCOMP_MODE_FILTER)
        return 0;
    err = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ? -errno : fence(opt);
    if (err) {
        log_line("cannot limit which files are changed: %s", strerror(-err));
        return err;
    }
    err = filter_calls();
    if (err == -EINVAL) {
        log_line("this system cannot filter system calls");
        return 0;
    }
    if (err)
        log_line("cannot filter system calls: %s", strerror(-err));
    return err;
}
