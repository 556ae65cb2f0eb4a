"""The parts of a message as Python's `email` has them, and as a mail server tells them (RFC 3501, BODYSTRUCTURE)."""

import re
from email.header import decode_header, make_header
from urllib.parse import unquote

TOKEN = re.compile(rb'\s*(?:(\()|(\))|"((?:[^"\\]|\\.)*)"|([^\s()"]+))')


def parsed(text):
    """The first thing in brackets, of quoted strings and atoms; a literal is written as a quoted string before."""
    stack = []
    for match in TOKEN.finditer(text):
        opened, closed, quoted, atom = match.groups()
        if opened:
            stack.append([])
        elif closed:
            whole = stack.pop()
            if not stack:
                return whole
            stack[-1].append(whole)
        elif quoted is not None:
            stack[-1].append(re.sub(rb"\\(.)", rb"\1", quoted).decode("utf-8", "replace"))
        else:
            stack[-1].append(None if atom.upper() == b"NIL" else int(atom) if atom.isdigit() else atom.decode())
    raise ValueError("brackets that do not end")


def parameters(pairs):
    """A list of names and values, with those of RFC 2231 and RFC 2047 decoded."""
    found = {}
    for name, value in zip((pairs or [])[::2], (pairs or [])[1::2]):
        if name.endswith("*"):
            charset, _, coded = value.split("'", 2)
            found[name[:-1].lower()] = unquote(coded, charset)
        else:
            found[name.lower()] = str(make_header(decode_header(value)))
    return found


def of_server(body):
    """A part of BODYSTRUCTURE, as `of_python` has it."""
    if isinstance(body[0], list):
        children = [of_server(child) for child in body if isinstance(child, list) and is_part(child)]
        subtype, given, disposition = body[len(children) : len(children) + 3]
        return {"type": f"multipart/{subtype}".lower(), "parameters": parameters(given), "disposition": put(disposition), "children": children}
    kind, subtype, given, key, _, encoding, size, *rest = body
    kind = f"{kind}/{subtype}".lower()
    leaf = {"type": kind, "parameters": parameters(given), "id": key, "encoding": encoding.lower(), "size": size}
    if kind == "message/rfc822":
        leaf["children"] = [of_server(rest[1])]
        rest = rest[2:]
    if kind.startswith("text/") or kind == "message/rfc822":
        leaf["lines"], *rest = rest
    leaf["disposition"] = put(rest[1] if len(rest) > 1 else None)
    return leaf


def is_part(body):
    return bool(body) and (isinstance(body[0], list) or len(body) >= 7)


def put(disposition):
    return None if disposition is None else (disposition[0].lower(), parameters(disposition[1]))


def of_python(part):
    kind = part.get_content_type()
    seen = {"type": kind, "parameters": dict(part["Content-Type"].params) if "Content-Type" in part else {}, "disposition": None}
    if "Content-Disposition" in part:
        field = part["Content-Disposition"]
        seen["disposition"] = (field.content_disposition, dict(field.params))
    if part.is_multipart():
        seen["children"] = [of_python(child) for child in part.iter_parts()] if kind.startswith("multipart/") else [of_python(part.get_content())]
    if not kind.startswith("multipart/"):
        content = bytes_of(part)
        encoding = part["Content-Transfer-Encoding"]
        seen |= {"id": part["Content-ID"] and str(part["Content-ID"]), "encoding": encoding.cte if encoding else "7bit", "size": len(content)}
        if kind.startswith("text/"):
            # RFC 2045, section 5.2: what says nothing is ASCII.
            seen["parameters"].setdefault("charset", "us-ascii")
        if kind.startswith("text/") or kind == "message/rfc822":
            seen["lines"] = content.count(b"\n")
    return seen


def bytes_of(part):
    """A leaf as it was transferred."""
    if part.get_content_type() == "message/rfc822":
        within = part.get_payload(0)
        return within.as_bytes(policy=within.policy.clone(refold_source="none", linesep="\r\n", cte_type="8bit", max_line_length=None))
    return part.get_payload().encode("utf-8", "surrogateescape")


def differences(told, seen, at="1"):
    """What the server says of a part that is not so."""
    for key in sorted((told.keys() | seen.keys()) - {"children"}):
        if told.get(key) != seen.get(key):
            yield f"part {at}: {key} is {told.get(key)!r}, and not {seen.get(key)!r}"
    told, seen = told.get("children", []), seen.get("children", [])
    if len(told) != len(seen):
        yield f"part {at}: {len(told)} parts, and not {len(seen)}"
    for number, (one, other) in enumerate(zip(told, seen), 1):
        yield from differences(one, other, f"{at}.{number}")


def outline(seen):
    """`mixed(plain,image/png)`"""
    name = seen["type"].removeprefix("multipart/").removeprefix("text/")
    if not seen["type"].startswith("multipart/"):
        return name if seen["disposition"] is None else seen["type"]
    return f"{name}({','.join(outline(child) for child in seen['children'])})"
