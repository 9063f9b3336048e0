/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How tests make system calls of the journal fail. */
#ifndef TEST_FAKE_SYS_H
#define TEST_FAKE_SYS_H

/* Fail the @sys_fail_at th call from now on with @sys_fail_errno; 0: none. */
extern unsigned long sys_fail_at, sys_calls;
extern int sys_fail_errno;
/* Bytes that the disk still takes; -1: any number. */
extern long sys_room;
/* Descriptors that are open. */
extern int sys_fds;

#endif
