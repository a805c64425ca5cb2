"""Extends schemathesis by what the OpenAPI document can not say."""

import unicodedata

import schemathesis

# Lines in a letter.
MAX_LINES = 100


@schemathesis.serializer("application/zip")
def serialize_pack(context, value):
    """A pack is sent as it is. No generated one is a ZIP: the bytes are compared with the announced hash before they are opened."""
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")


def is_expressible(value):
    """A pattern can bound neither the width of a line in a terminal, nor its length in NFC, nor the number of lines."""
    if isinstance(value, dict):
        return all(map(is_expressible, value.values()))
    if isinstance(value, list):
        return all(map(is_expressible, value))
    if not isinstance(value, str):
        return True
    return len(value.splitlines()) <= MAX_LINES and (
        value.isascii() or (len(value) <= 20 and unicodedata.is_normalized("NFC", value))
    )


# Texts that are more than their pattern says, and one that is good.
GOOD = {"email": "ann@example.org", "url": "https://example.org/"}


def is_valid(name, value):
    """True for a text that the document allows."""
    least, most = (3, 254) if name == "email" else (1, 500)
    return isinstance(value, str) and least <= len(value) <= most and all("!" <= character <= "~" for character in value)


@schemathesis.hook
def before_call(context, case, kwargs):
    if isinstance(case.body, dict):
        for name, good in GOOD.items():
            if is_valid(name, case.body.get(name)):
                case.body[name] = good


@schemathesis.hook
def filter_query(context, query):
    return is_expressible(query)


@schemathesis.hook
def filter_body(context, body):
    return is_expressible(body)


@schemathesis.hook
def filter_case(context, case):
    """Boundary values come without the two above."""
    return is_expressible(case.query) and is_expressible(case.body)
