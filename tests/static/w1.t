#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The compiler with W=1 (which checks kernel-doc too), and modpost.
# shellcheck source=tests/static/lib.sh
. "$(dirname "$0")/lib.sh"

sources 'src/*.[ch]' 'include/*.h'
dir=$(tests/static/module) || exit
says() { grep -E "^$1:[0-9]+(:[0-9]+)?: " "$dir/log" | grep -v ': sparse: '; }
built() {
	[ "$(cat "$dir/status")" = 0 ] || {
		grep -E '\*\*\*|error:|ERROR' "$dir/log"
		return 1
	}
}

check "the module builds" built
check "modpost has nothing to say" nothing grep -E '^(WARNING|ERROR): modpost' "$dir/log"
for file in "${files[@]}"; do
	check "$file" nothing says "$file"
done
finish
