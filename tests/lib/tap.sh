# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# TAP for tests in bash, in kselftest's form. A name tells what holds when the test passes.
#
#	. "$(dirname "$0")/../lib/tap.sh"
#	plan 2
#	is "a board knows its address" "$(ipos-ctl board show)" "server-ip 10.0.0.1"
#	fails "a second one is refused" "File exists" ipos-ctl dev add eth0 role client
#	finish

tap_count=0 tap_failed=0 tap_plan=
TAP_WAIT=${TAP_WAIT:-30}

# plan COUNT: so many results will follow; known beforehand, a test that ends early is seen.
plan() {
	tap_plan=$1
	printf 'TAP version 13\n1..%d\n' "$1"
}

skip_all() {
	printf 'TAP version 13\n1..0 # SKIP %s\n' "$*"
	exit 0
}

diag() { printf '%s\n' "$*" | sed 's/^/# /'; }

# tap_result STATUS NAME [DIAGNOSTIC]
tap_result() {
	tap_count=$((tap_count + 1))
	if [ "$1" = 0 ]; then
		echo "ok $tap_count $2"
		return
	fi
	tap_failed=$((tap_failed + 1))
	echo "not ok $tap_count $2"
	[ -z "${3-}" ] || diag "$3"
	return 1
}

# skip NAME REASON
skip() {
	tap_count=$((tap_count + 1))
	echo "ok $tap_count $1 # SKIP $2"
}

# ok NAME COMMAND...: the command succeeds. It runs here, so that it may set variables; its output shows if it fails.
ok() {
	local name=$1 status
	shift
	"$@" >"$tmp/output" 2>&1 && status=0 || status=$?
	tap_result "$status" "$name" "$*: status $status
$(head -n 50 "$tmp/output")"
}

# fails NAME PATTERN COMMAND...: the command fails, and says so in words that match the extended regular expression.
fails() {
	local name=$1 pattern=$2 status
	shift 2
	"$@" >"$tmp/output" 2>&1 && status=0 || status=$?
	[ "$status" != 0 ] && grep -qE -- "$pattern" "$tmp/output"
	tap_result $? "$name" "$*: status $status, wanted a failure that says '$pattern'
$(head -n 50 "$tmp/output")"
}

# is NAME GOT WANTED
is() {
	[ "$2" = "$3" ]
	tap_result $? "$1" "     got: $2
  wanted: $3"
}

# says NAME STATUS TEXT COMMAND...: both streams, exactly
says() {
	local name=$1 status=$2 text=$3 got
	shift 3
	got=$("$@" 2>&1 </dev/null && echo "exit 0" || echo "exit $?")
	is "$name" "$got" "${text:+$text
}exit $status"
}

# like NAME GOT PATTERN: an extended regular expression
like() {
	[[ $2 =~ $3 ]]
	tap_result $? "$1" "     got: $2
  wanted: $3"
}

# wait_for COMMAND...: until it succeeds, at most twice TAP_WAIT seconds. The machine may be slow: what is waited for is a
# condition, and the limit only ends a test that has failed.
wait_for() {
	local tap_limit=$((2 * TAP_WAIT))
	local end=$((SECONDS + tap_limit))
	until "$@" >/dev/null 2>&1; do
		if [ "$SECONDS" -ge "$end" ]; then
			diag "waited $tap_limit s in vain for: $*"
			return 1
		fi
		sleep 0.1
	done
}

# finish: the last line of a test.
finish() {
	if [ -z "$tap_plan" ]; then
		plan "$tap_count"
	fi
	if [ "$tap_count" != "$tap_plan" ]; then
		diag "planned $tap_plan, ran $tap_count"
		exit 1
	fi
	exit $((tap_failed > 0))
}

# at_exit COMMAND: the last registered runs first.
at_exit() { tap_at_exit="$1; $tap_at_exit"; }
tap_at_exit=:
trap 'eval "$tap_at_exit"; rm -rf "$tmp"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
tmp=$(mktemp -d)
