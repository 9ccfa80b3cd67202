/* SPDX-License-Identifier: Apache-2.0 */
/* Did our own file give us more than our caller had? Then everybody could have a program run as root. */
#ifndef CARDEA_SYS_RAISED_H
#define CARDEA_SYS_RAISED_H

enum raised {
	RAISED_NOT,
	RAISED_UID, /* setuid, or started by a setuid program that kept its caller's id */
	RAISED_GID, /* the same of setgid */
	RAISED_CAPS, /* capabilities of the file (capabilities(7)) */
};

/*
 * Of this process, at any time before it changes its own rights. No system call unless the kernel says that the
 * execve gave something (AT_SECURE, getauxval(3)); a security module's transition says so too and is none of these.
 */
enum raised raised_by(void);

#endif
