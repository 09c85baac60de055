#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# No file knows a floor above its own. First the judge is judged, by small trees with a known fault each.
# shellcheck source=tests/static/lib.sh
. "$(dirname "$0")/lib.sh"
need gcc gcc && need nm binutils || exit

made=$(mktemp -d build/static/floors.XXXXXX)
trap 'rm -rf "$made"' EXIT

# tree [FILE TEXT]...: a good tree of three floors with these files changed, compiled.
tree() {
	local file
	rm -rf "$made/src"
	put base/low.h 'int ipos_low(void);'
	put base/low.c '#include "base/low.h"
		int ipos_low(void) { return 1; }'
	put table/mid.h 'int ipos_mid(void);'
	put table/mid.c '#include "table/mid.h"
		#include "../base/low.h"
		int ipos_mid(void) { return ipos_low(); }'
	put main.c '#include "table/mid.h"
		int init_module(void); int init_module(void) { return ipos_mid(); }'
	while [ $# != 0 ]; do
		put "$1" "$2"
		shift 2
	done
	find "$made/src" -name '*.c' | while read -r file; do
		gcc -c -I "$made/src" -o "${file%.c}.o" "$file" || return
	done
}
put() { mkdir -p "$(dirname "$made/src/$1")" && echo "$2" >"$made/src/$1"; }

# says LINE [FILE TEXT]...: this and nothing else is found in that tree.
says() {
	local said
	tree "${@:2}" || return
	said=$(tests/static/floors "$made/src")
	[ "$said" = "$1" ] || {
		printf 'found: %s\nwanted: %s\n' "$said" "$1"
		return 1
	}
}

check "a good tree" says ''
check "a call upwards" says 'upward: base/low.c uses ipos_mid of table/mid.c
cycle: base/low.c uses table/mid.c uses base/low.c' base/low.c 'int ipos_mid(void);
	int ipos_low(void) { return ipos_mid(); }'
check "an address taken upwards" says 'upward: base/low.c uses ipos_top of main.c
cycle: base/low.c uses main.c uses base/low.c' base/low.c '
	int ipos_top(void); int (*const ipos_low_calls)(void) = ipos_top;
	int ipos_low(void) { return 1; }' main.c 'int ipos_mid(void); extern int (*const ipos_low_calls)(void);
	int ipos_top(void) { return ipos_mid() + ipos_low_calls(); }'
check "a call sideways" says 'sideways: base/low.c uses ipos_wire of wire/wire.c' wire/wire.c '
	int ipos_wire(void) { return 1; }' base/low.c 'int ipos_wire(void); int ipos_low(void) { return ipos_wire(); }'
check "a cycle in a folder" says 'cycle: table/mid.c uses table/other.c uses table/mid.c' table/other.c '
	int ipos_mid(void); int ipos_other(void) { return ipos_mid(); }' table/mid.c 'int ipos_low(void); int ipos_other(void);
	int ipos_mid(void) { return ipos_low() + ipos_other(); }'
check "a header that includes upwards" says 'upward: base/low.h includes table/a.h' \
	base/low.h '#include "table/a.h"
		int ipos_low(void);' table/a.h ''
check "a header that includes sideways" says 'sideways: base/low.h includes wire/a.h' wire/a.h '' \
	base/low.h '#include "../wire/a.h"
		int ipos_low(void);'
check "headers in a circle" says 'cycle: base/a.h includes base/b.h includes base/a.h' \
	base/a.h '#include "base/b.h"' base/b.h '#include "a.h"'
check "an include of nothing" says 'include: base/a.h includes "linux/types.h", which is no file of ours' \
	base/a.h '#include "linux/types.h"'
check "compat serves all floors" says '' compat/c.c 'int ipos_compat(void) { return 1; }' base/low.c '
	int ipos_compat(void); int ipos_low(void) { return ipos_compat(); }'
check "compat uses none" says 'upward: compat/a.h includes base/low.h' compat/a.h '#include "base/low.h"'
check "a name without the prefix" says 'name: low of base/low.c does not begin with ipos_' base/low.c 'int low;
	int ipos_low(void) { return 1; }' table/mid.c 'int ipos_low(void); extern int low;
	int ipos_mid(void) { return ipos_low() + low; }'
check "a global that nobody uses" says 'unused: no other file uses ipos_more of base/low.c' base/low.c '
	int ipos_more; int ipos_low(void) { return ipos_more; }'
check "a tracepoint that nobody fires" says 'unused: nothing fires the tracepoint ipos_two of base/low.c' base/low.c '
	int __tracepoint_ipos_one, __tracepoint_ipos_two, __traceiter_ipos_two, __SCK__tp_func_ipos_one;
	int ipos_low(void) { return 1; }' base/a.h '/* trace_ipos_one(1); */'
check "a step that is fired by its name alone" says '' base/low.c 'int __tracepoint_ipos_one;
	int ipos_low(void) { return 1; }' base/a.h '/* ipos_event(engine_of(ep), one, 1); */'
check "a folder without a floor" says 'no floor: attic (tests/static/floors has the list)' attic/a.h ''
tree
rm "$made/src/base/low.o"
check "a file that is not built" grep -x 'no object: base/low.c is not part of the module' <(tests/static/floors "$made/src")

sources 'src/*.c'
dir=$(tests/static/module) || exit
check "src/" tests/static/floors "$dir/tree/src"
finish
