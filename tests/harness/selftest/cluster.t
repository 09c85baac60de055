#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The standard cluster's network alone, and the helpers of tests/lib/cluster.sh on it.
# need ping iputils-ping
# need nginx nginx
# need tcpdump tcpdump
# need curl curl

cd "$(dirname "$0")/../.." || exit
# shellcheck source=tests/lib/tap.sh
. lib/tap.sh
# shellcheck source=tests/lib/cluster.sh
. lib/cluster.sh
plan 18

export IPOS_CLUSTER_BARE=1

ok "three boards and two clients come up" ./cluster up 3 clients 2 mtu 1600
fails "a second cluster is refused" "is up already" ./cluster up 2
is "board 3 has its addresses" "$(on board3 ip -br -4 addr | awk '{ print $3 }' | paste -sd ' ')" \
	"127.0.0.1/8 192.0.2.3/24 10.0.0.3/24"
is "board 3 has its MACs" "$(on board3 cat /sys/class/net/eth{0,1}/address | paste -sd ' ')" \
	"02:00:00:00:01:03 02:00:00:00:02:03"
is "the client has its MAC" "$(on client cat /sys/class/net/eth0/address)" 02:00:00:00:01:64
is "the fabric has the MTU asked for" "$(on board2 cat /sys/class/net/eth1/mtu)" 1600

capture board1 eth1 "$tmp/fabric.pcap"
tap=$pid
ok "board 2 reaches board 3 on the fabric" on board2 ping -c 1 -W 10 10.0.0.3
ok "board 1 reaches board 2 on the fabric" on board1 ping -c 1 -W 10 10.0.0.2
ok "the client reaches board 1" on client ping -c 1 -W 10 192.0.2.1
ok "the second client reaches board 3" on client2 ping -c 1 -W 10 192.0.2.3
stop "$tap" INT
is "a capture holds what was sent" "$(frames "$tmp/fabric.pcap" icmp)" 2
is "the fabric is otherwise silent but for ARP" "$(frames "$tmp/fabric.pcap" 'not icmp and not arp')" 0

mkdir "$tmp/root"
echo here >"$tmp/root/index.html"
nginx_start board1 "$tmp/root" 'location = /where { return 200 "board1\n"; }'
nginx=$pid
http_start board2 "$tmp/root" 8080
capture client eth0 "$tmp/client.pcap"
tap=$pid
is "nginx on board 1 answers" "$(fetch client http://192.0.2.1/where)" board1
is "Python's server on board 2 answers" "$(fetch client http://192.0.2.2:8080/)" here
stop "$nginx"
fails "nginx has stopped" "Failed to connect" fetch client http://192.0.2.1/where
stop "$tap" INT
is "the refusal is the one RST" "$(resets "$tmp/client.pcap")" 1

# Python's server still runs: down ends it.
ok "the cluster goes down" ./cluster down
is "nothing is left" "$(ip netns list; cd /sys/class/net && echo *)" lo
finish
