#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# make bench, as short as it can be: that it measures something for every row. How much is nobody's to say here.
# need /usr/bin/python3 python3

cd "$(dirname "$0")/.." || exit
# shellcheck source=tests/lib/tap.sh
. lib/tap.sh
plan 3

export IPOS_BENCH_RUNS=1 IPOS_BENCH_BATCHES=3
ok "a short run" bench/run "$tmp/bench.json"

wanted=$(printf '%s\n' deliver_vs_local forward_vs_{ip_forward,ipvs_dr,tc_redirect}{,_0,_1000,_short})
is "every row is there" "$(python3 -c 'import json, sys
for name in sorted(row["name"] for row in json.load(open(sys.argv[1]))["rows"]):
	print(name)' "$tmp/bench.json")" "$wanted"

is "each has both figures, their ratio, unit and runs" "$(python3 -c 'import json, sys
for row in json.load(open(sys.argv[1]))["rows"]:
	assert sorted(row) == ["name", "ours", "ratio", "runs", "theirs", "unit"], row
	assert row["ours"] > 100 and row["theirs"] > 100 and row["runs"] == 1 and row["unit"], row
	assert abs(row["ours"] / row["theirs"] - row["ratio"]) < 0.01, row
print("yes")' "$tmp/bench.json")" yes
finish
