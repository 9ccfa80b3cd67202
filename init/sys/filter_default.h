/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The built-in profile as tools/mkfilter.c writes it at build time.
 */
#ifndef CARDEA_SYS_FILTER_DEFAULT_H
#define CARDEA_SYS_FILTER_DEFAULT_H

#include <linux/filter.h>
#include <stddef.h>
#include <stdint.h>

/* The program for a bounding set without any of .._caps, on a kernel from .._kernel on. */
extern const struct sock_filter filter_default_insns[];
extern const unsigned short filter_default_n;
extern const uint64_t filter_default_caps;
extern const unsigned filter_default_kernel;

/* The profile itself, comments left out, for every other case. */
extern const char filter_default_text[];
extern const size_t filter_default_text_len;

#endif
