# SPDX-License-Identifier: GPL-2.0
"""ipOS frames for scapy, written from docs/protocol.md alone, so that it can judge the module's own encoder."""

from scapy.fields import (ByteEnumField, ByteField, FieldLenField, FlagsField, IntField, IPField, LongField,
                          PacketListField, ShortField, StrFixedLenField, StrLenField, XIntField, XLongField,
                          XShortField)
from scapy.layers.inet import IP
from scapy.layers.l2 import Dot3, Ether
from scapy.packet import Packet, Raw, bind_layers, split_layers
from scapy.utils import checksum

CONNECTION, PACKET, ACK = 1, 2, 3
REFUSAL, CLOSED, WITHDRAW, ADVERT, MAP = range(0x80, 0x85)
TYPES = {CONNECTION: "connection", PACKET: "packet", ACK: "acknowledgement", REFUSAL: "refusal", CLOSED: "closed",
         WITHDRAW: "withdraw", ADVERT: "advertisement", MAP: "map-update"}
PROTO_TCP, PROTO_UDP = 1, 2
PROTOCOLS = {PROTO_TCP: "tcp", PROTO_UDP: "udp"}
# Of a listening socket, also: nothing listens, but could be started.
STARTABLE = 0x80
LISTENERS = PROTOCOLS | {STARTABLE | number: f"{name} startable" for number, name in PROTOCOLS.items()}
REASONS = {
    REFUSAL: {1: "no listener", 2: "accept queue full", 3: "no memory", 4: "connection exists",
              5: "unsupported version", 6: "no route", 7: "draining", 8: "starting"},
    CLOSED: {1: "closed", 2: "unknown", 3: "withdrawn", 4: "origin leaving"},
}
STATES = {1: "established", 2: "syn-sent", 3: "syn-recv", 4: "fin-wait-1", 5: "fin-wait-2", 6: "time-wait", 7: "close",
          8: "close-wait", 9: "last-ack", 10: "listen", 11: "closing"}
FLAGS = ["timestamps", "sack", "wscale", "ecn", "unattached", "fin"]


class IPOS(Packet):
    """Figure 11b, the encapsulation header; the payload is the body, whatever Ethernet added is Padding."""
    name = "ipOS"
    fields_desc = [
        IPField("src_ip", "0.0.0.0"),
        ShortField("src_port", 0),
        IPField("dst_ip", "0.0.0.0"),
        ShortField("dst_port", 0),
        ByteEnumField("type", CONNECTION, TYPES),
        ByteEnumField("protocol", PROTO_TCP, PROTOCOLS),
        XShortField("checksum", None),
    ]

    def _body(self, rest):
        """The part of what follows the header that is no padding; None where it is too short to be a body."""
        if self.type == CONNECTION:
            size = {PROTO_TCP: 146, PROTO_UDP: 6}.get(self.protocol, len(rest))
        elif self.type == ACK:
            size = 0
        elif self.type >= 0x80:
            size = int.from_bytes(rest[:2], "big")
            if size < 2:
                return None
        else:
            size = len(rest)
        return rest[:size] if len(rest) >= size else None

    def _covered(self, header, rest):
        body = b"" if self.type == PACKET else self._body(rest)
        return None if body is None else header + body

    def post_build(self, header, body):
        if self.checksum is None:
            covered = self._covered(header, body)
            # A body that was cut short on purpose: summed as it is.
            header = header[:14] + checksum(header + body if covered is None else covered).to_bytes(2, "big")
        return header + body

    def checksum_ok(self):
        """Whether the checksum is right; False also for a frame too short for its type."""
        frame = bytes(self)
        covered = self._covered(frame[:16], frame[16:])
        return covered is not None and checksum(covered) == 0

    def extract_padding(self, rest):
        body = self._body(rest)
        return (rest, None) if body is None else (body, rest[len(body):])

    def guess_payload_class(self, payload):
        body = self._body(payload)
        if self.type == CONNECTION:
            good = body is not None and self.protocol in PROTOCOLS
        elif self.type == PACKET:
            good = len(payload) >= 20 and payload[0] >> 4 == 4
        elif self.type in (REFUSAL, CLOSED, WITHDRAW):
            good = body is not None and len(body) >= 22
        elif self.type == ADVERT:
            good = body is not None and len(body) >= 64 and \
                len(body) >= 64 + 28 * int.from_bytes(body[62:64], "big")
        else:
            return IPOSBody if self.type >= 0x80 and body is not None else Raw
        return super().guess_payload_class(payload) if good else Raw

    def mysummary(self):
        return self.sprintf("ipOS %type% %protocol% %src_ip%:%src_port% -> %dst_ip%:%dst_port%")


class IPOSConn(Packet):
    """Figures 11c and 11d: what the client talks to. For TCP an IPOSTCB follows."""
    name = "ipOS connection"
    fields_desc = [
        IPField("server_ip", "0.0.0.0"),
        ShortField("server_port", 0),
    ]


class IPOSTCB(Packet):
    """The TCP control block, version 1, 140 bytes."""
    name = "ipOS TCP control block"
    fields_desc = [
        ByteField("tcb_version", 1),
        ByteEnumField("tcb_state", 1, STATES),
        FlagsField("tcb_flags", 0, 16, FLAGS),
        XLongField("handoff_id", 0),
        IntField("iss", 0),
        IntField("irs", 0),
        IntField("snd_una", 0),
        IntField("snd_nxt", 0),
        IntField("snd_wnd", 0),
        IntField("snd_wl1", 0),
        IntField("rcv_nxt", 0),
        IntField("rcv_wnd", 0),
        IntField("rcv_wup", 0),
        ShortField("snd_mss", 0),
        ShortField("adv_mss", 0),
        ByteField("snd_wscale", 0),
        ByteField("rcv_wscale", 0),
        ByteField("ttl", 64),
        ByteField("tos", 0),
        IntField("ts_recent", 0),
        IntField("ts_recent_age", 0),
        IntField("tsval", 0),
        IntField("srtt", 0),
        IntField("rttvar", 0),
        IntField("rto", 0),
        IntField("cwnd", 0),
        XIntField("ssthresh", 0),
        IntField("window_clamp", 0),
        StrFixedLenField("congestion", b"", 16),
        IntField("sndq_len", 0),
        IntField("rcvq_len", 0),
        XLongField("epoch", 0),
        StrFixedLenField("reserved", b"", 16),
    ]


class IPOSBody(Packet):
    """The body of a type 0x80 and up that this layer does not know: its length, then anything."""
    name = "ipOS body"
    fields_desc = [
        ShortField("length", None),
        StrLenField("data", b"", length_from=lambda body: (body.length or 0) - 2),
    ]

    def post_build(self, body, payload):
        if self.length is None:
            body = (len(body) + len(payload)).to_bytes(2, "big") + body[2:]
        return body + payload


class IPOSNotice(IPOSBody):
    """The common body of refusal, closed and withdraw. A longer one is a later version's: the rest is kept."""
    name = "ipOS notice"
    fields_desc = [
        ShortField("length", None),
        ShortField("reason", 0),
        XLongField("handoff_id", 0),
        IPField("server_ip", "0.0.0.0"),
        ShortField("server_port", 0),
        IntField("seq", 0),
        StrLenField("rest", b"", length_from=lambda body: (body.length or 0) - 22),
    ]

    def reason_name(self):
        names = REASONS.get(getattr(self.underlayer, "type", None), {})
        return names.get(self.reason, str(self.reason) if self.reason else "")


class IPOSListener(Packet):
    """A listening socket in an advertisement."""
    name = "ipOS listening socket"
    fields_desc = [
        ByteEnumField("listener_protocol", 1, LISTENERS),
        FlagsField("listener_flags", 0, 8, ["starting"]),
        ShortField("port", 0),
        IPField("addr", "0.0.0.0"),
        IntField("pid", 0),
        StrFixedLenField("process", b"", 16),
    ]

    def extract_padding(self, rest):
        return b"", rest


class IPOSAdvert(IPOSBody):
    """Type 0x83: what a board says of itself. A longer one is a later version's: the rest is kept."""
    name = "ipOS advertisement"
    fields_desc = [
        ShortField("length", None),
        XLongField("epoch", 1),
        IntField("snapshot", 0),
        ShortField("part", 1),
        ShortField("parts", 1),
        ShortField("interval", 100),
        FlagsField("flags", 0, 16, ["draining", "leaving"]),
        IntField("connections", 0),
        ShortField("cpu", 0),
        ShortField("weight", 100),
        LongField("memory", 0),
        LongField("bandwidth", 0),
        IntField("in_flight", 0),
        IntField("accept_us", 0),
        IntField("memory_total", 0),
        IntField("bandwidth_total", 0),
        FieldLenField("listeners", None, count_of="sockets"),
        PacketListField("sockets", [], IPOSListener, count_from=lambda body: body.listeners),
        StrLenField("rest", b"", length_from=lambda body: (body.length or 0) - 64 - 28 * (body.listeners or 0)),
    ]


class IPOSMapRow(Packet):
    """A row of a map update."""
    name = "ipOS map row"
    fields_desc = [
        ByteEnumField("kind", 1, {1: "learned", 2: "kept", 3: "name", 4: "used"}),
        ByteField("text_length", 0),
        ShortField("port", 0),
        IPField("addr", "0.0.0.0"),
        StrFixedLenField("text", b"", 128),
    ]

    def extract_padding(self, rest):
        return b"", rest


class IPOSMap(IPOSBody):
    """Type 0x84: what a board says of cookies. A longer one is a later version's: the rest is kept."""
    name = "ipOS map update"
    fields_desc = [
        ShortField("length", None),
        XLongField("epoch", 1),
        IntField("number", 0),
        ShortField("part", 1),
        ShortField("parts", 1),
        FieldLenField("count", None, count_of="rows"),
        PacketListField("rows", [], IPOSMapRow, count_from=lambda body: body.count),
        StrLenField("rest", b"", length_from=lambda body: (body.length or 0) - 20 - 136 * (body.count or 0)),
    ]


bind_layers(IPOS, IPOSConn, type=CONNECTION)
bind_layers(IPOS, IPOSAdvert, type=ADVERT)
bind_layers(IPOS, IPOSMap, type=MAP)
bind_layers(IPOSConn, IPOSTCB)
bind_layers(IPOS, IP, type=PACKET)
for _type in (WITHDRAW, CLOSED, REFUSAL):  # the last one is what IPOS() / IPOSNotice() becomes
    bind_layers(IPOS, IPOSNotice, type=_type)

_ethertype = None


def set_ethertype(value=0x0007):
    """Take frames of this EtherType for ipOS, and no other; Ether() / IPOS() gets it too."""
    global _ethertype
    if _ethertype is not None:
        split_layers(Ether, IPOS, type=_ethertype)
    bind_layers(Ether, IPOS, type=value)
    _ethertype = value


def _ours_is_not_802_3(layer):
    """scapy reads a type below 0x0600 as the length of an 802.3 frame, as the standard says: ours is a type."""
    theirs = layer.dispatch_hook

    def dispatch_hook(cls, _pkt=None, *args, **kargs):
        if _pkt and len(_pkt) >= 14 and int.from_bytes(bytes(_pkt[12:14]), "big") == _ethertype:
            return Ether
        return theirs(_pkt, *args, **kargs)

    layer.dispatch_hook = classmethod(dispatch_hook)


set_ethertype()
_ours_is_not_802_3(Ether)
_ours_is_not_802_3(Dot3)
