#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Every function that leaves its file is explained, in a form that the kernel's own tool accepts.
# shellcheck source=tests/static/lib.sh
. "$(dirname "$0")/lib.sh"

sources 'src/*.[ch]'
kernel_doc=$(linux_script kernel-doc) || exit

made=$(mktemp -d build/static/kerneldoc.XXXXXX)
trap 'rm -rf "$made"' EXIT
cat >"$made/a.h" <<'END'
/**
 * in_header() - told where callers look
 */
int in_header(void);
int not_in_header(void);
END
cat >"$made/a.c" <<'END'
/**
 * good() - told
 * @x: what for
 */
struct sk_buff *good(int (*x)(void))
{
	out:
}

static int
own(void)
{
}

int in_header(void)
{
}

int __must_check
not_in_header(void) __releases(a)
{
}

/**
 * far() - a line too far above
 */

void far(void)
{
}

/**
 * another() - of another name
 */
void wrong(void)
{
}

/* not() - no kernel-doc */
void not(void)
{
}
END
silent_ones() { [ "$(tests/static/kerneldoc "$made" | sed 's/.*: \(.*\)().*/\1/' | xargs)" = "$*" ]; }
check "the missing ones are found" silent_ones not_in_header far wrong not

for file in "${files[@]}"; do
	case $file in
	*.c) check "$file: every function" tests/static/kerneldoc src "$file" ;;
	esac
	check "$file: well formed" nothing "$kernel_doc" -none "$file"
done
finish
