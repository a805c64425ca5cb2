"""Takes mails by SMTP and webhooks by HTTP on loopback, and prints one line of JSON for each, after a line with the ports."""

import asyncio
import email
import email.policy
import json

from aiosmtpd.smtp import SMTP
from standardwebhooks import Webhook

secrets = {}


def say(**what):
    print(json.dumps(what), flush=True)


class Mails:
    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("nobody"):
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        parts = {part.get_content_type(): part.get_content() for part in mail.walk() if not part.is_multipart()}
        say(
            kind="mail",
            to=envelope.rcpt_tos,
            headers=[[name, str(value)] for name, value in mail.items()],
            text=parts.get("text/plain", ""),
            html=parts.get("text/html", ""),
        )
        return "250 OK"


def verify(path, headers, body):
    """True when the public library of Standard Webhooks finds the signature right; None when the secret is not known."""
    secret = secrets.get(path)
    if secret is None:
        return None
    try:
        Webhook(secret).verify(body, headers)
        return True
    except Exception as error:
        return repr(error)


async def hook(reader, writer):
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    lines = head.split("\r\n")
    path = lines[0].split(" ")[1]
    headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines[1:] if line)}
    body = (await reader.readexactly(int(headers.get("content-length", 0)))).decode()
    if path == "/secret":
        known = json.loads(body)
        secrets[known["path"]] = known["secret"]
        status = "204 No Content"
    else:
        status = {"/broken": "500 Broken", "/elsewhere": "302 Found"}.get(path, "204 No Content")
        say(kind="webhook", path=path, headers=headers, body=body, verified=verify(path, headers, body))
    writer.write(f"HTTP/1.1 {status}\r\nlocation: /target\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".encode())
    await writer.drain()
    writer.close()


async def main():
    loop = asyncio.get_running_loop()
    smtp = await loop.create_server(lambda: SMTP(Mails(), hostname="localhost"), "127.0.0.1", 0)
    http = await asyncio.start_server(hook, "127.0.0.1", 0)
    say(smtp=smtp.sockets[0].getsockname()[1], http=http.sockets[0].getsockname()[1])
    await asyncio.Event().wait()


asyncio.run(main())
