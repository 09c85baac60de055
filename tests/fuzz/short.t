#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Every parser fuzzed for a moment, from the corpus that is kept; `make fuzz` does it at length.
cd "$(dirname "$0")" || exit
# shellcheck source=tests/lib/tap.sh
. ../lib/tap.sh
mapfile -t targets < <(basename -s .c ./*.c)
plan ${#targets[@]}
for target in "${targets[@]}"; do
	ok "no input breaks what $target promises" ./run "${IPOS_FUZZ_RUNS-20000}" "$target"
done
finish
