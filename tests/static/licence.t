#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Every file says its licence, and none says what concerns only the place where it was written.
# shellcheck source=tests/static/lib.sh
. "$(dirname "$0")/lib.sh"

sources .

# In the first lines: a shebang, a title or a front matter may stand before it.
licensed() {
	local allowed='GPL-2\.0'
	case $1 in
	include/uapi/*) allowed='GPL-2\.0( WITH Linux-syscall-note)?' ;;
	esac
	head -n 5 "$1" | grep -aqE "SPDX-License-Identifier: $allowed( *(\*/|-->|\.|\"))?\$" && return
	echo "no line 'SPDX-License-Identifier: GPL-2.0' at the top"
	return 1
}

# Written so that no pattern matches itself.
private=(
	'(^|[^[:alnum:]_.-])/wor[k]/'
	'(^|[^[:alnum:]_.-])/hom[e]/[a-z]'
	'[Cc]laud[e]|[Aa]nthropi[c]|[Oo]pen[A]I|[Cc]hat[G]PT|[Cc]opilo[t]|[Gg]enerated (by|with) (an )?A[I]|A[I] (assistant|session|model)'
	'(pypi|deb|security|snapshot)[.](org|debian[.]org)|registry[.]npmjs|proxy[.]golang|crates[.]io'
)
private_words() { grep -anE "$(IFS='|' && echo "${private[*]}")" "$1"; }

for sample in 'see /wor''k/main' 'deb.debian''.org' 'Open''AI'; do
	check "'$sample' would be found" private_words <(echo "$sample")
done
for sample in 'net/work/x' 'a TLS session' 'debian.org/doc' 'how the agent works'; do
	check "'$sample' may be said" nothing private_words <(echo "$sample")
done
for file in "${files[@]}"; do
	check "$file: licence" licensed "$file"
	check "$file: nothing private" nothing private_words "$file"
done
finish
