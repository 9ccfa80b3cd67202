#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# coverage.sh PERCENT PROFILE PROGRAM... - prints the line coverage of each file of init/core and
# fails when all of them together stay under PERCENT.
set -eu
least=$1 profile=$2 first=$3; shift 3
for program; do set -- "$@" -object "$program"; shift; done
llvm-cov report "$first" "$@" -instr-profile="$profile" -show-region-summary=false \
	-show-branch-summary=false init/core | awk -v least="$least" '
	BEGIN { printf "%-24s %6s %6s %9s\n", "init/core", "lines", "missed", "covered"; sort = "sort" }
	$2 ~ /^[0-9]+$/ && $5 > 0 && $1 != "TOTAL" {
		printf "%-24s %6d %6d %9s\n", $1, $5, $6, $7 | sort
	}
	$1 == "TOTAL" { close(sort); printf "%-24s %6d %6d %9s\n", "all of it", $5, $6, $7 }
	$1 == "TOTAL" { total = $7 + 0; seen = 1 }
	END {
		if (!seen || total < least) {
			printf "coverage: error: %.2f %% of the lines of init/core, not %d %%\n", total, least
			exit 1
		}
	}'
