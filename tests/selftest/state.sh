#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What a board says of its own state follows what happens to it, and comes back: each number as board 1 hears it. Processor
# and memory are a machine's: that board 1's own stay as they are shows only where it is another machine.
# vms 2
# need /usr/bin/python3 python3

cd "$(dirname "$0")/.." || exit
# shellcheck source=tests/lib/tap.sh
. lib/tap.sh
export IPOS_ADVERTISE_MS=1000
# shellcheck source=tests/lib/cluster.sh
. lib/cluster.sh
# shellcheck source=tests/lib/flows.sh
. lib/flows.sh
plan $((28 + $(separate && echo 2 || echo 0)))

# hears COLUMN [least|most VALUE]: what board 1 hears of board 2; others: the other way round
# shellcheck disable=SC2317 # called by ok
hears() { on board1 lib/state.py 10.0.0.2 "$@"; }
# shellcheck disable=SC2317 # called by ok
others() { on board2 lib/state.py 10.0.0.1 "$@"; }
# run NAME COMMAND...: in the background on board 2; its process there is in $tmp/NAME.pid
# shellcheck disable=SC2016 # expands there
run() { start board2 "$tmp/$1" sh -c 'echo $$ >"$0" && exec "$@"' "$tmp/$1.pid" "${@:2}"; }
# send NAME SIGNAL
send() { on board2 kill -s "$2" "$(cat "$tmp/$1.pid")"; }

ok "two boards come up" ./cluster up 2
for board in board1 board2; do
	# Slow enough for any machine to fill a part of.
	on $board ipos-ctl board set link-speed 10
done
on board1 ipos-ctl -b - <<-'LINES'
	service add tcp 192.0.2.1:80 inspect http
	url add '*' server 10.0.0.2
LINES
ok "board 1 hears what board 2 has in all" hears bandwidth-total least 10
is "that is what its device is said to have" "$(hears bandwidth-total)" 10
ok "memory, too" hears memory-total least 100

# The device, in its busier direction

ok "a board at rest has its bandwidth left" hears bandwidth least 9500
start client "$tmp/flood" /usr/bin/python3 -c '
import socket, time
sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
while True:
    sock.sendto(bytes(1400), ("192.0.2.2", 9))
    time.sleep(0.002)'
flood=$pid
ok "traffic takes of it" hears bandwidth most 8000
ok "another board has its own" others bandwidth least 9500
stop "$flood"
ok "it comes back" hears bandwidth least 9500

# A server that stands still: six requests that were handed over, and four connections that came by themselves

run server lib/peer.py serve 0.0.0.0:80
wait_for grep -q ready "$tmp/server"
is "nothing is in flight" "$(hears in-flight most 0)" 0
is "and nobody waits" "$(hears accept-us most 0)" 0
placed >"$tmp/output"
send server STOP
start client "$tmp/asks" /usr/bin/python3 -c '
import os, socket, sys, time
socks = [socket.create_connection((f"192.0.2.{n}", 80)) for n in [1] * 6 + [2] * 4]
for sock in socks:
    sock.send(b"GET /a HTTP/1.1\r\nHost: a\r\n\r\n")
print("asked", flush=True)
for sock in socks:
    sock.recv(1000)
print("answered", flush=True)
while not os.path.exists(sys.argv[1]):
    time.sleep(0.1)' "$tmp/end"
asks=$pid
ok "ten requests wait for a server that stands still" hears in-flight least 10
is "six of them were handed over" "$(placed)" "0 6"
ok "the longer the more" hears accept-us least 3000000
is "they are in flight, each once" "$(hears in-flight)" 10
is "and established" "$(hears connections)" 10
is "board 1 has none of it" "$(others in-flight) $(others accept-us) $(others connections)" "0 0 0"
send server CONT
ok "when it goes on, they are answered" wait_for grep -q answered "$tmp/asks"
ok "nobody waits" hears accept-us most 10000
ok "what came by itself has been accepted; what was handed over is in flight" hears in-flight most 6
is "until it ends" "$(hears in-flight) $(hears connections)" "6 10"
touch "$tmp/end"
wait "$asks"
ok "then nothing is" hears in-flight most 0
ok "nor is any connection" hears connections most 0
send server TERM

# Processor

ok "a board at rest has time left" hears cpu most 700
hogs=$(on board2 nproc)
for ((n = 1; n <= hogs; n++)); do
	run "hog$n" sh -c 'while :; do :; done'
done
ok "a program that computes takes it" hears cpu least 900
if separate; then
	ok "another machine has its own" others cpu most 700
	on board1 ipos-ctl -b - <<-'LINES'
		url flush
		service set tcp 192.0.2.1:80 policy least-load
	LINES
	run server lib/peer.py serve 0.0.0.0:80
	peer_start board1 0.0.0.0:80
	wait_for grep -q ready "$tmp/server"
	is "fifty requests, five at a time" "$(on client lib/fetches.py 192.0.2.1:80 10 5 /close any | cut -d ' ' -f 1-3)" "50 any 200"
	read -r here there <<<"$(placed)"
	diag "$here stayed, the board that computes got $there"
	ok "by least-load it is given less" test "$there" -lt "$here"
	send server TERM
else
	ok "all boards of one machine have less" others cpu least 900
fi
for ((n = 1; n <= hogs; n++)); do
	send "hog$n" TERM
done
ok "it comes back" hears cpu most 700

# Memory

free=$(hears memory)
run eater /usr/bin/python3 -c '
import time
eaten = b"1" * (100 << 20)
time.sleep(86400)'
ok "a program that eats 100 MB leaves so much less" hears memory most $((free - 90000))
send eater TERM
ok "it comes back" hears memory least $((free - 30000))
finish
