#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The kernel's own opinion of our style.
# shellcheck source=tests/static/lib.sh
. "$(dirname "$0")/lib.sh"

# Not asked of any file:
ignored=(
	# The kernel's mixed-case names, and C's _Static_assert, are only known to be given inside the kernel's tree.
	CAMELCASE
)
# Lists written once as a macro of macros, the X(name, text) of counters: what is asked of other macros makes no sense there.
lists=(src/base/count.c src/base/count.h)
list_types='COMPLEX_MACRO|MACRO_ARG_REUSE|BRACKET_SPACE'

sources 'src/*.[ch]' 'include/*.h' 'tools/*.[ch]' 'tests/unit/*.[ch]'
checkpatch=$(linux_script checkpatch.pl) || exit
# The specification's word, which the kernel's list spells in the American way.
sed -i '/^acknowledgement||/d' "${checkpatch%/*}/spelling.txt"

log=$PWD/build/static/checkpatch.log
echo 'int* a;' >build/static/bad.c
# From build/, because checkpatch leaves a cache where it is started.
(
	cd build/static && mkdir -p include
	"$checkpatch" --root . --no-tree --strict --terse --show-types --no-summary \
		--ignore "$(IFS=, && echo "${ignored[*]}")" -f bad.c "${files[@]/#/../../}"
) | sed 's|^\.\./\.\./||' >"$log"
says() {
	grep "^$1:" "$log" | if [[ " ${lists[*]} " == *" $1 "* ]]; then
		grep -vE ": [A-Z]+:($list_types): "
	else
		cat
	fi
}

# One that found nothing because it did not run would look the same.
check "checkpatch finds what is bad" says bad.c
for file in "${files[@]}"; do
	check "$file" nothing says "$file"
done
finish
