#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Boards that come and go, and programs that begin and cease to listen, are told: to the tracepoint and to monitor.
# need /usr/bin/python3 python3

cd "$(dirname "$0")/.." || exit
# shellcheck source=tests/lib/tap.sh
. lib/tap.sh
export IPOS_ADVERTISE_MS=1000
# shellcheck source=tests/lib/cluster.sh
. lib/cluster.sh
# shellcheck source=tests/lib/flows.sh
. lib/flows.sh
# shellcheck source=tests/lib/events.sh
. lib/events.sh
plan 10

ok "two boards come up" ./cluster up 2
ok "the tracepoints are there" trace_start
listen "$tmp/all" ip netns exec board1 ipos-ctl monitor cluster
listen "$tmp/json" ip netns exec board1 ipos-ctl -j monitor cluster listening
listen "$tmp/two" ip netns exec board1 ipos-ctl monitor cluster server 10.0.0.2 left joined

peer_start board1 0.0.0.0:1001
here=$pid
ok "a program that listens here is told" wait_for has "$tmp/all" '^cluster listening tcp 0\.0\.0\.0:1001 pid [0-9]+ process '
peer_start board2 192.0.2.2:1002
there=$pid
ok "one on another board, too" wait_for has "$tmp/all" '^cluster listening tcp 192\.0\.2\.2:1002 server 10\.0\.0\.2 '
ok "in JSON" wait_for has "$tmp/json" \
	'^{"event":"cluster","change":"listening","proto":"tcp","listener":"192\.0\.2\.2:1002","server":"10\.0\.0\.2"'
stop "$here"
ok "that it listens no more is told" wait_for has "$tmp/all" '^cluster closed tcp 0\.0\.0\.0:1001 '
stop "$there"
ok "of another board, too" wait_for has "$tmp/all" '^cluster closed tcp 192\.0\.2\.2:1002 server 10\.0\.0\.2 '

on board2 ipos-ctl board stop
ok "a board that leaves is told" wait_for has "$tmp/two" '^cluster left server 10\.0\.0\.2$'
is "nothing but what was asked for" "$(grep -vc '^cluster \(left\|joined\) server 10\.0\.0\.2$' "$tmp/two")" 0
ok "the tracepoint tells the same" wait_for grep -q 'ipos_cluster: event=left .*server=10.0.0.2 ' /sys/kernel/tracing/trace
finish
