#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# make bench, as short as it can be: that it measures something for every row. How much is nobody's to say here.
# need /usr/bin/python3 python3

cd "$(dirname "$0")/.." || exit
# shellcheck source=tests/lib/tap.sh
. lib/tap.sh
plan 4

export IPOS_BENCH_RUNS=1 IPOS_BENCH_BATCHES=3 IPOS_BENCH_FLOWS=100000
ok "a short run" bench/run "$tmp/bench.json"

wanted=$(printf '%s\n' advert_cost_100_boards bulk_vs_{haproxy,nginx_proxy} bytes_per_forward_entry \
	connections_vs_{direct,haproxy} cpus_2_vs_1 deliver_vs_local first_byte_p{50,99} \
	forward_vs_{ip_forward,ipvs_dr,tc_redirect}{,_0,_1000,_short} handoff_vs_tcp_repair insert_8m_vs_1k \
	lookup_8m_vs_1k{,_wall} | LC_ALL=C sort)
is "every row is there" "$(python3 -c 'import json, sys
for name in sorted(row["name"] for row in json.load(open(sys.argv[1]))["rows"]):
	print(name)' "$tmp/bench.json")" "$wanted"

is "each has both figures, their ratio, unit and runs" "$(python3 -c 'import json, sys
for row in json.load(open(sys.argv[1]))["rows"]:
	assert sorted(row) == ["name", "ours", "ratio", "runs", "theirs", "unit"], row
	assert row["ours"] > 10 and row["theirs"] > 10 and row["runs"] == 1 and row["unit"], row
	assert abs(row["ours"] / row["theirs"] - row["ratio"]) < 0.05, row
print("yes")' "$tmp/bench.json")" yes

is "each is drawn" "$(python3 -c 'import re, sys
print(*sorted(re.findall("text-anchor=.end.>([^<]*)<", open(sys.argv[1]).read())), sep="\n")' "$tmp/bench/rows.svg")" "$wanted"
finish
