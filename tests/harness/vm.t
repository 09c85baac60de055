#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What tests/vm promises: a clean passage for the command, and no way for a sick kernel or for the host to get hurt.
# need /usr/bin/python3 python3

cd "$(dirname "$0")/../.." || exit
# shellcheck source=tests/lib/tap.sh
. tests/lib/tap.sh
plan 30

# The harness is the same without the module, and sooner there.
export IPOS_VM_BARE=1
# Seen by the guest at the same path, as /tmp is not.
mkdir -p build/vm
here=$(mktemp -d "$PWD/build/vm/test XXXXXX")
# shellcheck disable=SC2016 # expands then
at_exit 'rm -rf "$here"'
vm=$PWD/tests/vm

# guest [OPTION...] -- COMMAND...: sets $status, $out and $err.
guest() {
	"$vm" "$@" >"$tmp/out" 2>"$tmp/err" && status=0 || status=$?
	out=$(cat "$tmp/out")
	err=$(cat "$tmp/err")
}

# On a new machine the first run tells on stderr what it fetches.
guest -- true

# The passage
cd "$here" || exit
echo before >file
# shellcheck disable=SC2016
script='
	pwd
	printf "<%s>" "$@"
	echo; echo "$IPOS_TEST"
	read -r line || echo "no input"
	echo again >/dev/stdout
	echo after >file && cat file
	touch /etc/ipos-harness-test && echo written
	mkdir /run/host && mount -t virtiofs host /run/host && ! touch /run/host/etc/ipos-harness-test && echo kept
	modprobe sch_netem && modprobe nf_tables && echo modules
	sleep 1000 &
	echo "error words" >&2
	exit 7'
IPOS_TEST="passed on" guest -- bash -c "$script" - 'two words' "it's" '*' ''
is "the command's status is the run's" "$status" 7
is "stderr is apart" "$(grep -v "Read-only" <<<"$err")" "error words"
is "stdout is the command's alone" "$out" "$here
<two words><it's><*><>
passed on
no input
again
after
written
kept
modules"
like "the share itself is read-only" "$err" "Read-only file system"
is "a file of the host is as before" "$(cat file)" before
ok "none came into being" test ! -e /etc/ipos-harness-test

# Much output, two at once
"$vm" -m 512 -c 1 -- seq 200000 >"$tmp/second" 2>&1 &
second=$!
guest -m 512 -c 1 -- seq 100000
is "of two at once, the one ends well" "$status" 0
wait "$second"
is "and so does the other" $? 0
ok "no output is lost" cmp "$tmp/out" <(seq 100000)
ok "nor mixed with the other's" cmp "$tmp/second" <(seq 200000)
cd "$OLDPWD" || exit

# A terminal
typed=$(timeout 120 /usr/bin/python3 - "$vm" <<'PYTHON'
import os, pty, sys
pid, terminal = pty.fork()
if pid == 0:
    os.execv(sys.argv[1], ["vm", "-i", "--", "sh", "-c", "stty -echo; tty; read -r word; echo got $word; exit 5"])
seen = b""
try:
    while data := os.read(terminal, 4096):
        if b"/dev/hvc0" in seen + data and b"/dev/hvc0" not in seen:
            os.write(terminal, b"hello\n")
        seen += data
except OSError:  # the other end is closed
    pass
print(seen.decode())
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
PYTHON
)
is "-i passes the status on" $? 5
like "-i gives a terminal" "$typed" "/dev/hvc0"
like "-i reads from it" "$typed" "got hello"

# Sick kernels
guest -t 120 -- sh -c 'echo "WARNING: made up" >/dev/kmsg; echo said; sleep 100'
is "a warning fails the run, without waiting for the command's end" "$status" 99
like "and is shown" "$err" "WARNING: made up"
is "while the output stays the command's" "$out" said

# A test that has passed when the kernel dies, under prove
mkdir "$here/selftest"
cat >"$here/selftest/panic.t" <<'TEST'
#!/bin/sh
echo 1..1
echo ok 1
echo c >/proc/sysrq-trigger
TEST
chmod +x "$here/selftest/panic.t"
fails "a panic fails the test" "Dubious, test returned 99" prove --exec tests/exec "$here/selftest/panic.t"
like "and is shown" "$(cat "$tmp/output")" "Kernel panic - not syncing: sysrq triggered crash"
fails "in CI too" "exited 99" env CI=true prove --exec tests/exec "$here/selftest/panic.t"
like "where the summary has it" "$(sed '1,/^Test Summary/d' "$tmp/output")" "why: .*sysrq triggered crash"

# Where a CPU stands at a jump label
cat >"$here/selftest/stuck.t" <<'TEST'
#!/bin/sh
echo 1..1
echo ok 1
echo "rcu: INFO: rcu_preempt self-detected stall on CPU" >/dev/kmsg
echo "Code: 48 8b 5d 08 <66> 90 48 8b" >/dev/kmsg
sleep 100
TEST
chmod +x "$here/selftest/stuck.t"
fails "what the emulator broke is no pass" "returned 98" env CI=true prove --exec tests/exec "$here/selftest/stuck.t"
is "after three tries" "$(grep -c "the emulator failed;.*once more" "$tmp/output")" 2

# Where no CPU is in the module, and where one is
for where in "__schedule+0x1/0x2" "ipos_in+0x1/0x2 [ipos]"; do
	guest -t 120 -- sh -c "echo 'watchdog: BUG: soft lockup - CPU#0 stuck for 22s' >/dev/kmsg
		echo ' $where' >/dev/kmsg; sleep 100"
	echo "$status"
done >"$tmp/stalls"
is "a stall far from the module is the emulator's, another is not" "$(paste -sd ' ' "$tmp/stalls")" "98 99"

guest -t 15 -- sh -c 'echo started; sleep 100'
is "a hang is ended" "$status" 124
like "after the time given" "$err" "no end after 15 s"

guest -- sh -c 'echo b >/proc/sysrq-trigger'
is "a guest that resets itself has not passed" "$status" 99

# The end from outside
"$vm" -- sh -c 'echo started; sleep 1000' >"$tmp/out" 2>"$tmp/err" &
running=$!
wait_for grep -q started "$tmp/out"
children=$(cat "/proc/$running/task/$running/children")
kill -TERM "$running"
wait "$running"
is "a terminated run says so" $? 143
like "it had children" "$children" "[0-9]+ [0-9]+"
# shellcheck disable=SC2317 # called by ok
ended() {
	local child
	for child in $children; do
		[ ! -e "/proc/$child" ] || return 1
	done
}
ok "none of them is left" ended
is "nor its work directory" "$(grep -lsF 'echo started; sleep 1000' build/vm/*/*/job)" ""
finish
