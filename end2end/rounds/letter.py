"""One message as some mail program writes it, and what is to be kept of it when it is answered or passed on.

What a reader sees is recorded where it is written: `seen` and `said` give their text back, so that the text and what is expected
of it cannot drift apart. Messages are put together byte by byte and not by a library: libraries write well-formed mail.
"""

import base64
import hashlib
import html
import quopri
import random
import re
import struct
import zlib
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime

FIRST = datetime(2026, 3, 2, 9, 30, tzinfo=timezone(timedelta(hours=3)))


def sha256(content):
    return hashlib.sha256(content).hexdigest()


class Letter:
    def __init__(self, name, number, seed, me, friend):
        self.name, self.number, self.file_name = name, number, f"{number:02}-{name}.eml"
        self.me, self.friend = me, friend
        self.chance = random.Random(f"{seed} {name}")
        self.raw = b""
        self.date = format_datetime(FIRST + timedelta(minutes=number))
        self.subject = self.reply = self.forward = ""
        self.formatted = False
        self.references = []
        self.visible, self.signature, self.concealed = [], [], []
        self.alts, self.images, self.files = [], [], []
        self.message_id = f"{self.token(20)}@{name.replace('_', '-')}.example"

    # What a reader sees.

    def seen(self, source):
        """HTML that is seen: text with elements in it that stand in lines."""
        self.formatted = True
        self.visible += html.unescape(re.sub(r"<[^>]*>", "", source)).split()
        return source

    def said(self, text):
        """Plain text. Marks of quotes are how it is said."""
        self.visible += unquoted(text)
        return text

    def signed(self, text):
        """The signature at the end of a plain text: what is passed on has it, an answer need not."""
        self.signature += unquoted(text)
        return text

    def hidden(self, source):
        """HTML that no reader sees, whatever they answer."""
        self.concealed.append(html.unescape(re.sub(r"<[^>]*>", "", source)).strip())
        return source

    def alt(self, words):
        """Words in place of a picture: the plain text may have them."""
        self.alts += words.split()
        return html.escape(words)

    # What goes with it.

    def picture(self, name, kind="image/png", shown=True):
        """Bytes of a picture, which its text shows, or which is only a file."""
        content = png(self.chance, 24, 16) if kind == "image/png" else MAGIC[kind] + self.chance.randbytes(700)
        (self.images if shown else self.files).append({"name": name, "type": kind, "sha256": sha256(content)})
        return content

    def file(self, name, kind, content, **more):
        self.files.append({"name": name, "type": kind, "sha256": sha256(content), **more})
        return content

    # How it is written.

    def token(self, length, letters="ABCDEFGHJKLMNPQRSTUVWXYZ0123456789"):
        return "".join(self.chance.choices(letters, k=length))

    def multipart(self, subtype, *parts, boundary="------------{}", extra=""):
        """Several parts; programs know each other by their boundaries."""
        edge = boundary.format(self.token(24))
        head = f'Content-Type: multipart/{subtype};{extra} boundary="{edge}"\r\n\r\n'.encode()
        body = b"".join(f"--{edge}\r\n".encode() + part + b"\r\n" for part in parts)
        return head + body + f"--{edge}--\r\n".encode()

    def message(self, entity, subject, *, sender="Friend", coded=None, fields="", charset="utf-8"):
        """The header above an entity. `coded` is the subject as it is written."""
        self.subject, self.sender = subject, sender
        self.reply = self.reply or f"Re: {subject}"
        self.forward = self.forward or f"Fwd: {subject}"
        subject = coded or (subject if subject.isascii() else words(subject, charset))
        sender = sender if sender.isascii() else words(sender, charset)
        refers = "".join(f"\r\n <{one}>" for one in self.references)
        head = [
            f"Date: {self.date}",
            f"From: {sender} <{self.friend}>",
            f"To: {self.me}",
            f"Subject: {subject}",
            f"Message-ID: <{self.message_id}>",
            *([f"In-Reply-To: <{self.references[-1]}>", f"References:{refers}"] if refers else []),
            *lines(fields),
            "MIME-Version: 1.0",
        ]
        self.raw = "\r\n".join(head).encode("utf-8") + b"\r\n" + entity
        return self

    def expected(self):
        keys = "name me friend subject sender date reply forward formatted references signature alts images files".split()
        own = {"file": self.file_name, "id": self.message_id, "seen": self.visible, "hidden": self.concealed}
        return {key: getattr(self, key) for key in keys} | own


def unquoted(text):
    """The words of a plain text without the marks of its quotes."""
    return [word for line in text.splitlines() for word in re.sub(r"^(> ?)+", "", line).split()]


def lines(text):
    return [line for line in text.strip("\n").split("\n") if line]


def text(body, kind="plain", charset="utf-8", encoding="quoted-printable", parameters="", fields="", label=None):
    """A text part. `label` is what it says of its charset, where that is not it; "" for nothing."""
    # In HTML what a charset has not is written as its number.
    errors = "xmlcharrefreplace" if kind == "html" else "strict"
    content = body.strip("\n").replace("\n", "\r\n").encode(charset, errors) + b"\r\n" if body else b""
    said = charset if label is None else label
    said = f"; charset={said}" if said else ""
    return part(f"text/{kind}{said}{parameters}", content, encoding, fields)


def part(kind, content, encoding="base64", fields=""):
    head = [f"Content-Type: {kind}", *lines(fields), *([f"Content-Transfer-Encoding: {encoding}"] if encoding else [])]
    return "\r\n".join(head).encode("utf-8") + b"\r\n\r\n" + encoded(content, encoding)


def encoded(content, encoding):
    if encoding == "base64":
        return base64.encodebytes(content).replace(b"\n", b"\r\n")
    if encoding == "quoted-printable":
        return b"\r\n".join(quopri.encodestring(line).replace(b"=\n", b"=\r\n") for line in content.split(b"\r\n"))
    return content


def words(text, charset="utf-8", kind="B", most=12):
    """RFC 2047, as most programs do it: a few letters to a word."""
    coded = []
    for start in range(0, len(text), most):
        content = text[start : start + most].encode(charset)
        if kind == "B":
            content = base64.b64encode(content).decode()
        else:
            content = "".join("_" if byte == 32 else chr(byte) if chr(byte).isalnum() and byte < 128 else f"={byte:02X}" for byte in content)
        coded.append(f"=?{charset}?{kind}?{content}?=")
    return "\r\n ".join(coded)


MAGIC = {"image/jpeg": b"\xff\xd8\xff\xe0\x00\x10JFIF\x00", "image/gif": b"GIF89a", "image/heic": b"\0\0\0\x18ftypheic"}


def png(chance, width, height):
    """A picture that a browser shows."""
    rows = b"".join(b"\0" + chance.randbytes(width * 3) for _ in range(height))

    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    size = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", size) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
