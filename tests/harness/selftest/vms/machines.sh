#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What tests/vms promises inside: machines of their own, commands there as if they were here, power and standstill.
# vms 2
# need ping iputils-ping
# need /usr/bin/python3 python3

cd "$(dirname "$0")/../../.." || exit
# shellcheck source=tests/lib/tap.sh
. lib/tap.sh
# shellcheck source=tests/lib/cluster.sh
. lib/cluster.sh
plan 56

ok "two boards are up" ./cluster up 2
fails "a cluster of another size is refused" "is up already, as: 2" ./cluster up 3
is "the machines are known" "$(machines . | paste -sd ' ')" "board1 board2 client"
is "each has booted by itself" \
	"$(for name in $(machines .); do on "$name" cat /proc/sys/kernel/random/boot_id; done | sort -u | wc -l)" 3
is "each has its name" "$(for name in $(machines .); do on "$name" uname -n; done | paste -sd ' ')" "board1 board2 client"
is "board 2 has its addresses" "$(on board2 ip -br -4 addr | awk '{ print $3 }' | paste -sd ' ')" \
	"127.0.0.1/8 192.0.2.2/24 10.0.0.2/24"
is "board 2 has its MACs" "$(on board2 cat /sys/class/net/eth{0,1}/address | paste -sd ' ')" \
	"02:00:00:00:01:02 02:00:00:00:02:02"
is "the client has its MAC" "$(cat /sys/class/net/eth0/address)" 02:00:00:00:01:64
is "nothing else shows on a board" "$(on board1 ls /sys/class/net | paste -sd ' ')" "eth0 eth1 lo"
ok "the client reaches board 2" ping -c 1 -W 30 192.0.2.2
ok "board 1 reaches board 2 on the fabric" on board1 ping -c 1 -W 30 10.0.0.2
clock() { on "$1" date +%s; }
ok "their clocks are hours apart" test $((($(clock board2) - $(clock board1)) / 3600)) -ge 4

# Commands there
on board1 sh -c 'echo out; echo err >&2; exit 7' >"$tmp/out" 2>"$tmp/err"
is "the command's status" $? 7
is "its output" "$(cat "$tmp/out")" out
is "its errors, apart" "$(cat "$tmp/err")" err
is "its words" "$(on board1 printf '<%s>' 'two words' "it's" '*' '')" "<two words><it's><*><>"
cd "$tmp" || exit
is "its directory" "$(on board1 pwd)" "$tmp"
cd "$OLDPWD" || exit
# shellcheck disable=SC2016 # expands there
is "its environment" "$(WORD='passed on' on board1 sh -c 'echo "$WORD"')" "passed on"
seq 200000 >"$tmp/numbers"
is "its input and output, however much" "$(on board1 sort -n <"$tmp/numbers" | sha256sum)" \
	"$(sha256sum <"$tmp/numbers")"
is "a reader that has enough ends it" "$(on board1 yes | head -n 1)" y
is "a stream that nobody reads holds up no other" \
	"$(on board1 sh -c 'seq 100000 & wait; echo done >&2' 2>&1 >"$tmp/much" | cat)" "done"
on board1 sh -c 'kill -9 $$'
is "a command that was killed" $? 137
fails "one that is not there" "No such file" on board1 no-such-command
on board1 no-such-command 2>/dev/null
is "and its status" $? 127
fails "a machine that is not there" "no machine 'board7' is running" on board7 true

start board1 "$tmp/asleep" sh -c 'trap "echo caught; exit 0" INT; echo ready; while :; do sleep 0.1; done'
wait_for grep -q ready "$tmp/asleep"
stop "$pid" INT
is "signals reach a command" "$(tail -n 1 "$tmp/asleep")" caught
start board1 "$tmp/left" sleep 1000
left=$pid
wait_for on board1 pgrep -x sleep
stop "$left" KILL
# shellcheck disable=SC2317 # called by wait_for
gone() { ! on board1 pgrep -x sleep; }
ok "who is killed here leaves nothing there" wait_for gone
for n in 1 2 3 4 5 6 7 8; do
	start board$((n % 2 + 1)) "$tmp/at-once-$n" sh -c "sleep 1; echo $n"
	at_once[n]=$pid
done
wait "${at_once[@]}"
is "eight at once" "$(cat "$tmp"/at-once-* | paste -sd ' ')" "1 2 3 4 5 6 7 8"

# Files
on board1 sh -c "echo there >$tmp/file; echo there >/etc/ipos-harness-test"
is "the scratch directory is everybody's" "$(on board2 cat "$tmp/file")" there
fails "another file is not" "No such file" on board2 cat /etc/ipos-harness-test
for n in 1 2 3; do
	echo "$n" >"$tmp/file"
	on board1 cat "$tmp/file"
done >"$tmp/seen"
is "what is written is seen at once" "$(paste -sd ' ' "$tmp/seen")" "1 2 3"

# The wires
lost() { on board1 ping -c 20 -i 0.01 -W 2 10.0.0.2 | sed -nE 's/.* ([0-9]+)% packet loss.*/\1/p'; }
ok "the fabric loses all" ./vms faults fabric loss 100
is "nothing comes" "$(lost)" 100
is "the clients' network is another" "$(on board1 ping -c 1 -W 30 192.0.2.2 | grep -c '1 received')" 1
ok "it turns over a bit of each frame" ./vms faults fabric corrupt 100
is "nothing comes as it was" "$(lost)" 100
ok "it doubles, and is late" ./vms faults fabric seed 3 duplicate 100 reorder 50 delay 5
like "all comes twice or more" "$(on board1 ping -c 5 -W 30 10.0.0.2)" "5 received, \+[0-9]+ duplicates"
./vms faults fabric
is "without words all is as before" "$(lost)" 0
ok "the wire to board 2 is cut" ./vms cut board2
is "nothing comes from there" "$(lost)" 100
ok "and mended" ./vms heal board2
is "all comes" "$(lost)" 0
fails "a word that is none" "unknown word 'los'" ./vms faults fabric los 3
fails "a share that is none" "loss: not a number: 'much'" ./vms faults fabric loss much
fails "a network that is none" "wires: neither fabric nor clients" ./vms faults wires
fails "a board that is none" "board7: no such machine" ./vms cut board7

# Power
ok "board 2 stands still" ./vms stop board2
fails "it does not answer" "100% packet loss" ping -c 1 -W 2 192.0.2.2
ok "it goes on" ./vms cont board2
ok "it answers" ping -c 1 -W 30 192.0.2.2
start board2 "$tmp/waits" sleep 1000
waits=$pid
wait_for on board2 pgrep -x sleep
before=$(on board2 cat /proc/sys/kernel/random/boot_id)
ok "board 2's power fails" ./vms kill board2
wait "$waits"
is "a command there fails" $? 255
ok "it boots again" ./vms boot board2
isnt=$(on board2 cat /proc/sys/kernel/random/boot_id)
ok "as another life of it" test "$isnt" != "$before"
ok "it has its addresses" ping -c 1 -W 30 192.0.2.2
finish
