# SPDX-License-Identifier: GPL-2.0
# The lines of tools/scapy/ipos-decode for a reader with 80 columns, boards by the last byte of their MACs. The packets
# that follow a client's request are counted, not shown.

function after(word,  i) {
	for (i = 6; i < NF; i++)
		if ($i == word)
			return $(i + 1)
}

function say(from, to, type, text) {
	printf "    board %d -> board %d  %-15s  %s\n", substr(from, 16), substr(to, 16), type, text
}

function say_later() {
	if (later)
		say(from, to, later " packets", "the client's ACKs and its FIN")
	later = 0
}

$5 == "packet" && !/ HTTP\/1/ {
	later++
	from = $2
	to = $4
	next
}

{ say_later() }

$5 == "connection" {
	say($2, $4, $5, "offers client " $7)
	printf "%43s%s, RCV.NXT %s\n", "", after("state"), after("rcv_nxt")
	printf "%43shand-off %s\n", "", after("handoff")
	next
}

$5 == "acknowledgement" {
	say($2, $4, $5, "has made a socket of it")
	next
}

$5 == "packet" {
	from = $2
	to = $4
	say(from, to, $5, $(NF - 2) " " $(NF - 1) " " $NF)
	next
}

{ say($2, $4, $5, /reason "closed"/ ? "the connection has ended" : $0) }

END { say_later() }
