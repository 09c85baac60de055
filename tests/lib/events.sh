# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# Those who listen to events, and tracepoints. Needs tap.sh, cluster.sh and flows.sh.
# shellcheck disable=SC2034,SC2154 # pid is the test's to use, tmp is tap.sh's

# listen FILE COMMAND...: in the background; when this returns, it waits for events. FILE.err is what it complains of.
listen() {
	local file=$1
	shift
	"$@" >"$file" 2>"$file.err" </dev/null &
	pid=$!
	wait_for waits "$pid" || { diag "$(cat "$file.err")" && return 1; }
}
# waits PID: in poll()
waits() { grep -q '^7 ' "/proc/$1/syscall"; }

# has FILE PATTERN
has() { grep -qE -- "$2" "$1"; }

# trace_start: of all tracepoints ipos:*
trace_start() {
	[ -e /sys/kernel/tracing/trace ] || mount -t tracefs tracefs /sys/kernel/tracing || return
	echo 1 >/sys/kernel/tracing/events/ipos/enable
}

# traced: every step that the tracepoints told of, in the words of: ipos-ctl -n board1 ... monitor handoff
traced() {
	local board text
	text=$(sed -n 's/^.* ipos_\([a-z]*\): id=\(0x[0-9a-f]*\) netns=\([0-9]*\) role=\([a-z]*\)/\3 handoff \1 \4 id \2/p' \
		/sys/kernel/tracing/trace | sed -e 's/ id 0x0\{16\}//' -e 's/ peer=0.0.0.0//' -e 's/ reason=none//' \
		-e 's/ \([a-z]*\)=/ \1 /g')
	for board in $(ip netns list | awk '/^board/ { print $1 }'); do
		text=${text//$(on "$board" readlink /proc/self/ns/net | tr -dc 0-9) handoff/$board handoff}
	done
	echo "$text"
}

# steps: what boards said, short: BOARD STEP[/REASON]
steps() { sed -e 's/^\(board[0-9]*\) handoff \([a-z]*\).* reason \(.*\)/\1 \2\/\3/' -e 's/^\(board[0-9]*\) handoff \([a-z]*\) .*/\1 \2/'; }
