"""Reads mails (base64, a JSON list on stdin) with Python's own parser; writes what they say."""
import base64
import email
import email.policy
import json
import sys


def said(raw):
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    leaves = [part for part in mail.walk() if not part.is_multipart()]
    attached = [part for part in leaves if part.is_attachment()]

    def body(kind):
        texts = [p for p in leaves if p.get_content_type() == kind and p not in attached]
        return texts[0].get_content() if len(texts) == 1 else None

    [sender] = mail["from"].addresses
    return {
        "subject": str(mail["subject"]),
        "from": {"name": sender.display_name, "address": sender.addr_spec},
        "to": [address.addr_spec for address in mail["to"].addresses],
        "headers": {name.lower(): str(value).strip() for name, value in mail.items()},
        "text": body("text/plain"),
        "html": body("text/html"),
        "attachments": [
            {
                "filename": part.get_filename(),
                "type": part.get_content_type(),
                "content": base64.b64encode(part.get_payload(decode=True)).decode(),
            }
            for part in attached
        ],
        "defects": [str(defect) for part in mail.walk() for defect in part.defects],
    }


json.dump([said(base64.b64decode(raw)) for raw in json.load(sys.stdin)], sys.stdout)
