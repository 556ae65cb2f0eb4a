#!/usr/bin/env python3
"""Reads what was sent with Python's `email`, and as Dovecot tells it, and says what is not as it should be.

    check.py FOLDER --port PORT --user ADDRESS --password PASSWORD

FOLDER is that of messages.py; what was sent is kept in FOLDER/sent. Ends with 1 where anything is wrong that is not in KNOWN.
"""

import argparse
import email
import email.policy
import imaplib
import json
import re
import sys
from datetime import timedelta, timezone
from email.utils import parsedate_to_datetime
from pathlib import Path

from letter import sha256
from reading import unflowed, visible, words
from structure import bytes_of, differences, of_python, of_server, outline, parsed

LINK = re.compile(r"\s?<https?://[^\s<>]*>")
# What stands in plain text for the looks of HTML: bullets, numbers of lists, rules.
MARK = re.compile(r"•|\d+\.|-----")

# What is not as it should be as of today, and why. What is whole again must go from here.
KNOWN: dict[str, str] = {}


def shown(date):
    """A Date as the browser of the test shows it, which is an hour ahead of UTC."""
    return f"{parsedate_to_datetime(date).astimezone(timezone(timedelta(hours=1))):%-d %B %Y, %H:%M}"


def named(name):
    """A name before an address, in quotes where it could be taken for something else."""
    return f'"{name}"' if re.search(r'[@<>,;:"]', name) else name


def fetched(server, number):
    """A message, and its BODYSTRUCTURE."""
    _, [(_, raw), _] = server.fetch(number, "(BODY.PEEK[])")
    _, answer = server.fetch(number, "(BODYSTRUCTURE)")
    # A literal is a string like any other.
    told = b"".join(
        re.sub(rb"\{\d+\}$", b"", one[0]) + b'"' + re.sub(rb'(["\\])', rb"\\\1", one[1]) + b'"' if isinstance(one, tuple) else one
        for one in answer
    )
    return raw, of_server(parsed(told[told.index(b"BODYSTRUCTURE ") + 14 :]))


class Round:
    """One message that was sent, and what it was to be."""

    def __init__(self, raw, told, letter, kind):
        self.raw, self.told, self.letter, self.kind = raw, told, letter, kind
        self.message = email.message_from_bytes(raw, policy=email.policy.default)
        self.faults = []
        self.leaves = [part for part in self.message.walk() if not part.is_multipart()]

    def expect(self, fact, what):
        if not fact:
            self.faults.append(what)

    def equal(self, found, wanted, what):
        self.expect(found == wanted, f"{what}: {wanted!r} was wanted, {found!r} came")

    def check(self):
        for look in (self.well_formed, self.header, self.shape, self.text, self.pictures, self.files, self.as_told):
            look()
        return self.faults

    def well_formed(self):
        for part in self.message.walk():
            self.expect(not part.defects, f"defects: {part.defects}")
        self.expect(self.raw.isascii(), "letters that are not ASCII on the wire")
        self.expect(all(len(line) <= 998 for line in self.raw.split(b"\r\n")), "a line of more than 998 bytes")
        self.expect(not re.search(rb"\r(?!\n)|(?<!\r)\n", self.raw), "bare line ends")
        for part in self.leaves:
            if part["Content-Transfer-Encoding"] in ("base64", "quoted-printable"):
                self.expect(all(len(line) <= 76 for line in bytes_of(part).split(b"\r\n")), "an encoded line of more than 76 letters")

    def header(self):
        message, letter, answer = self.message, self.letter, self.kind == "reply"
        self.equal(message["Subject"], letter[self.kind], "Subject")
        self.equal([one.addr_spec for one in message["From"].addresses], [letter["me"]], "From")
        self.equal([one.addr_spec for one in message["To"].addresses], [letter["friend"]], "To")
        self.equal([one.display_name for one in message["To"].addresses], [letter["sender"] if answer else ""], "name in To")
        self.expect(re.fullmatch(r"<[0-9a-f]{32}@pismo\.test>", message["Message-ID"]), f"Message-ID: {message['Message-ID']}")
        self.expect(message["Date"].datetime and message["Date"].datetime.tzinfo, f"Date: {message['Date']}")
        self.equal(message["MIME-Version"], "1.0", "MIME-Version")
        self.equal(message["In-Reply-To"], f"<{letter['id']}>" if answer else None, "In-Reply-To")
        thread = " ".join(f"<{one}>" for one in [*letter["references"], letter["id"]])
        self.equal(message["References"] and " ".join(message["References"].split()), thread if answer else None, "References")
        self.expect(not any(name in message for name in ("Bcc", "User-Agent", "X-Mailer")), "a field that nobody asked for")

    def shape(self):
        within = [image["type"] for image in self.letter["images"]]
        html = f"related(html,{','.join(within)})" if within else "html"
        shape = f"alternative(plain,{html})" if self.letter["formatted"] else "plain"
        files = [file["type"] for file in self.letter["files"]] if self.kind == "forward" else []
        shape = f"mixed({','.join([shape, *files])})" if files else shape
        self.equal(outline(of_python(self.message)), shape, "structure")

    def of_type(self, kind):
        return next((part for part in self.leaves if part.get_content_type() == kind and not part.is_attachment()), None)

    def text(self):
        letter, plain, html = self.letter, self.of_type("text/plain"), self.of_type("text/html")
        if plain:
            field = plain["Content-Type"].params
            text = unflowed(plain.get_content(), field.get("delsp") == "yes") if field.get("format") == "flowed" else plain.get_content()
            text = "\n".join(re.sub(r"^(> ?)+", "", line) for line in text.split("\n"))
            self.words("plain text", words(LINK.sub("", text) if letter["formatted"] else text), marks=letter["formatted"])
        if html and letter["formatted"]:
            self.words("HTML", visible(html.get_content())[0])

    def words(self, where, found, marks=False):
        """All of the words in order, and nothing but them."""
        letter, answer = self.letter, self.kind == "reply"
        line = f"Answered {letter['name']}" if answer else f"Forwarded {letter['name']}"
        seen = words(" ".join(letter["seen"]))
        if marks:
            seen = words(LINK.sub("", " ".join(seen)))
        above = []
        if not answer:
            above = f"---------- Forwarded message ---------- From: {named(letter['sender'])} <{letter['friend']}> Date: {shown(letter['date'])} Subject: {letter['subject']} To: {letter['me']}"
        elif seen:
            above = rf"On \d+ March 2026, \d\d:\d\d, {letter['sender']} wrote:"
            above = re.search(above, " ".join(found)).group() if re.search(above, " ".join(found)) else above
        wanted = words(line) + words(above or "") + seen + (["--", *letter["signature"]] if letter["signature"] and not answer else [])
        for hidden in letter["hidden"]:
            self.expect(" ".join(words(hidden)) not in " ".join(found), f"{where}: what was hidden is seen: {hidden!r}")
        rest, extra, alts = list(found), [], list(letter["alts"])
        for at, word in enumerate(wanted):
            while rest and rest[0] != word:
                one = rest.pop(0)
                if marks and one in alts:
                    alts.remove(one)
                elif not (marks and MARK.fullmatch(one)):
                    extra.append(one)
                    rest, extra = [], [*extra, *rest]
            if not rest:
                self.faults.append(f"{where}: {' '.join(wanted[at:at + 8])!r} was wanted, {' '.join(extra[:8])!r} came")
                return
            rest.pop(0)
        rest = [one for one in rest if not (marks and (MARK.fullmatch(one) or one in alts))]
        self.expect(not rest, f"{where}: more than there was: {' '.join(rest[:8])!r}")

    def pictures(self):
        html = self.of_type("text/html")
        shown = [address[4:] for address in visible(html.get_content())[1] if address.startswith("cid:")] if html and self.letter["formatted"] else []
        parts = {part["Content-ID"].strip("<>"): part for part in self.leaves if "Content-ID" in part}
        self.equal(set(shown), set(parts), "pictures that are shown, and that are there")
        found = [{"name": part.get_filename(), "type": part.get_content_type(), "sha256": sha256(part.get_content())} for part in parts.values()]
        self.equal(found, self.letter["images"], "pictures")

    def files(self):
        found = []
        for part in self.message.walk():
            if not part.is_attachment():
                continue
            content = bytes_of(part) if part.get_content_type() == "message/rfc822" else part.get_payload(decode=True)
            found.append({"name": part.get_filename(), "type": part.get_content_type(), "sha256": sha256(content)})
            charset = part.get_param("charset") if part.get_content_maintype() == "text" else None
            if charset:
                found[-1]["charset"] = charset.lower()
        self.equal(found, self.letter["files"] if self.kind == "forward" else [], "files")

    def as_told(self):
        for difference in differences(self.told, of_python(self.message)):
            self.faults.append(f"as the server tells it: {difference}")


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("folder", type=Path)
    for name in ("--port", "--user", "--password"):
        arguments.add_argument(name, required=True)
    chosen = arguments.parse_args()
    letters = json.loads((chosen.folder / "expected.json").read_text())
    rounds = {letter[kind]: (letter, kind) for letter in letters for kind in ("reply", "forward")}
    sent = chosen.folder / "sent"
    sent.mkdir(exist_ok=True)
    server = imaplib.IMAP4("127.0.0.1", int(chosen.port))
    server.login(chosen.user, chosen.password)
    server.select("INBOX", readonly=True)
    whole, wrong = {"reply": 0, "forward": 0}, []
    for number in server.search(None, "ALL")[1][0].split():
        raw, told = fetched(server, number)
        letter, kind = rounds.pop(str(email.message_from_bytes(raw, policy=email.policy.default)["Subject"]))
        (sent / f"{letter['name']}-{kind}.eml").write_bytes(raw)
        faults = Round(raw, told, letter, kind).check()
        whole[kind] += not faults
        name, known = letter["name"], KNOWN.get(letter["name"])
        if known and faults:
            print(f"{name}, {kind}, as known: {known}")
        elif known:
            wrong.append(f"{name}, {kind}: is whole now: take it out of KNOWN")
        wrong += [f"{name}, {kind}: {fault}" for fault in faults if not known]
    server.logout()
    wrong += [f"was never sent: {subject}" for subject in rounds]
    print(*wrong, sep="\n")
    print(f"whole: {whole['reply']} of {len(letters)} answers, {whole['forward']} of {len(letters)} forwards")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
