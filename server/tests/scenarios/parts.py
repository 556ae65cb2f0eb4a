"""Tells of a message on standard input what Python's email package makes of it: its parts as JSON."""

import base64
import email
import email.policy
import json
import sys


def told(part):
    if part.is_multipart():
        return {"type": part.get_content_type(), "parts": [told(one) for one in part.iter_parts()]}
    body = part.get_payload(decode=True)
    return {
        "type": part.get_content_type(),
        "id": part["Content-ID"],
        "name": part.get_filename(),
        "disposition": part.get_content_disposition(),
        "text": part.get_content() if part.get_content_maintype() == "text" else None,
        "base64": base64.b64encode(body).decode(),
    }


message = email.message_from_bytes(sys.stdin.buffer.read(), policy=email.policy.default)
defects = [str(defect) for part in message.walk() for defect in part.defects]
json.dump({"subject": message["Subject"], "defects": defects, "root": told(message)}, sys.stdout)
