#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The kernel's own opinion of our style.
# shellcheck source=tests/static/lib.sh
. "$(dirname "$0")/lib.sh"

# Not asked of any file:
ignored=(
	# The kernel's mixed-case names, and C's _Static_assert, are only known to be given inside the kernel's tree.
	CAMELCASE
	# Ours stand in the structure's kernel-doc, which it does not read (kerneldoc.t does).
	UNCOMMENTED_DEFINITION
)
# Lists written once, as a macro that is given a macro for its rows: what is asked of other macros makes no sense there.
lists=(src/base/{count.c,{count,event,trace}.h} src/engine/event.h tests/unit/tcb_fields.h)
list_types='COMPLEX_MACRO|MACRO_ARG_REUSE|BRACKET_SPACE|TRAILING_SEMICOLON|MULTISTATEMENT_MACRO_USE_DO_WHILE'
# The kernel's own macros for tracepoints, laid out as it lays them out.
traces=(src/base/trace.h)
trace_types='OPEN_ENDED_LINE|PARENTHESIS_ALIGNMENT'
# The kernel's own macros and types once more, for user space, as short as they can be.
mimics=(tests/sim/kernel.h)
mimic_types='COMPLEX_MACRO|MACRO_ARG_REUSE|MEMORY_BARRIER|NEW_TYPEDEFS'
# User space does not have the kernel's __printf() and its like, nor u32.
user_types='PREFER_DEFINED_ATTRIBUTE_MACRO|PREFER_KERNEL_TYPES'

sources 'src/*.[ch]' 'include/*.h' 'tools/*.[ch]' 'tests/unit/*.[ch]' 'tests/kunit/*.[ch]' 'tests/fuzz/*.[ch]' 'tests/sim/*.[ch]' \
	'tests/lib/*.c' 'tests/bench/*.c' 'tests/harness/sick/*.c' 'tests/faults/*.c'
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
	local excused=none
	[[ " ${lists[*]} " != *" $1 "* ]] || excused+="|$list_types"
	[[ " ${traces[*]} " != *" $1 "* ]] || excused+="|$trace_types"
	[[ " ${mimics[*]} " != *" $1 "* ]] || excused+="|$mimic_types"
	[[ $1 != tools/* && $1 != tests/* ]] || excused+="|$user_types"
	grep "^$1:" "$log" | grep -vE ": [A-Z]+:($excused): "
}

# One that found nothing because it did not run would look the same.
check "checkpatch finds what is bad" says bad.c
for file in "${files[@]}"; do
	check "$file" nothing says "$file"
done
finish
