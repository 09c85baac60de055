#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Byte orders, RCU pointers, user pointers and lock balance, as sparse sees them.
# shellcheck source=tests/static/lib.sh
. "$(dirname "$0")/lib.sh"

sources 'src/*.[ch]' 'include/*.h'
dir=$(tests/static/module) || exit
says() { grep -F "$1:" "$dir/log" | grep -E "^$1:[0-9]+:[0-9]+: sparse: "; }

# A build in which sparse never ran says nothing either.
check "sparse ran" grep -q '^  CHECK ' "$dir/log"
for file in "${files[@]}"; do
	check "$file" nothing says "$file"
done
finish
