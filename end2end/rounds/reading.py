"""What a reader sees of a text: the visible words of HTML whose looks are in `style` attributes, and of plain text."""

import re
from html.parser import HTMLParser

VOID = set("area base br col embed hr img input link meta source track wbr".split())
UNREAD = set("head title style script template noscript".split())
IN_LINE = set("a abbr b bdi bdo big cite code del dfn em font i ins kbd label mark nobr q s samp small span strike strong sub sup time tt u var wbr".split())
# Letters that are nothing to see. The joiner that holds emoji together is none of them.
NOTHING = re.compile("[\u00ad\u034f\u200b\u200c\u200e\u200f\u2060\ufeff]")


def words(text):
    return NOTHING.sub("", text).split()


def unflowed(text, delsp=False):
    """RFC 3676, section 4; the marks of quotes stay."""
    whole, open_at = [], None
    for line in text.replace("\r\n", "\n").removesuffix("\n").split("\n"):
        marks = re.match(">*", line).group()
        rest = line[len(marks) :].removeprefix(" ")
        flows = rest.endswith(" ") and rest != "-- "
        if open_at == len(marks) and rest != "-- ":
            whole[-1] += rest.removesuffix(" ") if flows and delsp else rest
        else:
            whole.append((marks + " " if marks else "") + (rest.removesuffix(" ") if flows and delsp else rest))
        open_at = len(marks) if flows else None
    return "\n".join(whole)


class Visible(HTMLParser):
    """Gathers what is seen, and the addresses of pictures."""

    def __init__(self):
        super().__init__()
        self.text, self.pictures, self.stack = [], [], []

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag not in IN_LINE:
            self.text.append("\n")
        if tag == "img":
            self.pictures.append(attributes.get("src") or "")
        if tag in VOID:
            return
        hidden, small = self.stack[-1][1:] if self.stack else (False, False)
        looks = declarations(attributes.get("style") or "")
        hidden = hidden or tag in UNREAD or "hidden" in attributes or hides(looks)
        # Letters of no size: what is within may have another one.
        if "font-size" in looks:
            small = is_nothing(looks["font-size"])
        elif "font" in looks:
            small = bool(re.search(r"(^|\s)0(px)?(/|\s)", looks["font"]))
        self.stack.append((tag, hidden, small))

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)

    def handle_endtag(self, tag):
        if tag not in IN_LINE:
            self.text.append("\n")
        if tag in (open_tag for open_tag, *_ in self.stack):
            while self.stack.pop()[0] != tag:
                pass

    def handle_data(self, text):
        if not self.stack or not any(self.stack[-1][1:]):
            self.text.append(text)


def visible(html):
    """The words of HTML that are seen, and the addresses of its pictures."""
    reader = Visible()
    reader.feed(html)
    reader.close()
    return words("".join(reader.text)), reader.pictures


def declarations(style):
    pairs = (one.split(":", 1) for one in style.lower().split(";") if ":" in one)
    return {name.strip(): value.replace("!important", "").strip() for name, value in pairs}


def is_nothing(value):
    return bool(re.fullmatch(r"0*\.?0+\s*[a-z%]*", value))


def hides(looks):
    cut_off = "hidden" in looks.get("overflow", "") and any(is_nothing(looks.get(side, "1")) for side in ("max-height", "height", "max-width", "width"))
    return looks.get("display") == "none" or looks.get("visibility") in ("hidden", "collapse") or is_nothing(looks.get("opacity", "1")) or cut_off
