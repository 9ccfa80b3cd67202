/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What every unit test includes: cmocka and the headers it wants before itself.
 */
#ifndef CARDEA_TESTS_UNIT_H
#define CARDEA_TESTS_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#endif
