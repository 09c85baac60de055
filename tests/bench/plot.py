#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""plot.py ROWS.json DIRECTORY: a bar for each row of make bench, as a share of what it is to reach: rows.svg with all of them,
and for each kind one of its own. A row without a reach is drawn as its ratio."""

import html
import itertools
import json
import re
import sys

# The part of "theirs" that ours is to be at most, or at least; of bytes ours itself.
AT_MOST = {"forward_vs_ipvs_dr": 0.5, "forward_vs_tc_redirect": 1.0, "deliver_vs_local": 1.15, "handoff_vs_tcp_repair": 0.25,
           "bulk_vs_haproxy": 0.05, "lookup_8m_vs_1k": 2, "lookup_8m_vs_1k_wall": 2, "bytes_per_forward_entry": 128,
           "first_byte_p50": 1.3}
AT_LEAST = {"connections_vs_direct": 0.8, "cpus_2_vs_1": 1.8}
# Millimetres would do as well: a bar that reaches is UNIT long, one of MOST or more is cut.
UNIT, MOST, LINE, LEFT, RIGHT = 200, 2.2, 24, 230, 420
GOOD, SHORT, PLAIN = "#4a9", "#d84", "#999"


def reach(name):
    """Its sign and value, or None."""
    name = re.sub("_(0|1000|short)$", "", name)
    if name in AT_MOST:
        return "≤", AT_MOST[name]
    return ("≥", AT_LEAST[name]) if name in AT_LEAST else None


def bar(row):
    """How long, of what colour, and what stands beside it."""
    wanted = reach(row["name"])
    text = f"{row['ours']:,} / {row['theirs']:,} {row['unit']}"
    if not wanted:
        return row["ratio"], PLAIN, f"{row['ratio']}: {text}"
    sign, limit = wanted
    value = row["ours"] if row["name"].startswith("bytes") else row["ratio"]
    good = value <= limit if sign == "≤" else value >= limit
    return value / limit, GOOD if good else SHORT, f"{value} ({sign} {limit}): {text}"


def draw(rows):
    width, height = LEFT + UNIT * MOST + RIGHT, LINE * (len(rows) + 1)
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height}" font-family="sans-serif" '
           'font-size="12">', '<rect width="100%" height="100%" fill="#fff"/>']
    for number, row in enumerate(rows):
        share, colour, text = bar(row)
        top, length = LINE * number + LINE / 2, UNIT * min(share, MOST)
        out += [f'<text x="{LEFT - 8}" y="{top + 13}" text-anchor="end">{html.escape(row["name"])}</text>',
                f'<rect x="{LEFT}" y="{top}" width="{length:.1f}" height="{LINE - 6}" fill="{colour}"/>',
                f'<text x="{LEFT + max(length, UNIT) + 8:.1f}" y="{top + 13}">{html.escape(text)}</text>']
    out += [f'<path d="M{LEFT + UNIT} 4V{height - 4}" stroke="#000" stroke-dasharray="3"/>', "</svg>", ""]
    return "\n".join(out)


def main():
    with open(sys.argv[1]) as file:
        rows = json.load(file)["rows"]
    kinds = {"rows": rows}
    for kind, of in itertools.groupby(sorted(rows, key=lambda row: row["name"]), lambda row: row["name"].split("_")[0]):
        kinds[kind] = list(of)
    for kind, of in kinds.items():
        with open(f"{sys.argv[2]}/{kind}.svg", "w") as file:
            file.write(draw(of))


main()
