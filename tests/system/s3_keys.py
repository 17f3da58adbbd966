"""Keys that are hard to spell, each in the ways a client may write it.

A row: the name of the case, the key (bytes), and how clients write it in a
request target.  SHORTEST is added to all: S3's own spelling.
"""

import unicodedata
import urllib.parse

PATH_SAFE = "-._~!$&'()*+,;=:@/"  # RFC 3986: what a path takes raw


def shortest(key):
    """As little encoded as RFC 3986 section 3.3 allows."""
    return urllib.parse.quote(key, safe=PATH_SAFE)


def canonical(key):
    return urllib.parse.quote(key, safe="-._~/")


def lower(key):
    """Escapes with lower-case digits."""
    out = []
    for byte in key:
        text = urllib.parse.quote(bytes([byte]), safe=PATH_SAFE)
        out.append(text.lower() if text.startswith("%") else text)
    return "".join(out)


def over(key):
    """Everything escaped but the slashes."""
    return "/".join("".join("%%%02X" % b for b in part)
                    for part in key.split(b"/"))


WAYS = {"shortest": shortest, "canonical": canonical, "lower": lower,
        "over": over}

RESERVED = b"!*'();:@&=+$,?#[]"

KEYS = {
    "plain": b"plain.txt",
    "space": b"a b.txt",
    "leading space": b" lead",
    "trailing space": b"trail ",
    "two spaces": b"a  b",
    "plus": b"a+b.txt",
    "plus and space": b"a+b c",
    "percent": b"100%.txt",
    "percent escape, literally": b"%41",
    "percent percent": b"%%41",
    "percent 2F, literally": b"a%2Fb",
    "percent 25, literally": b"%2541",
    "percent at the end": b"end%",
    "percent and one digit": b"%4",
    "NFC": unicodedata.normalize("NFC", "caf\u00e9 \u00fc").encode(),
    "NFD": unicodedata.normalize("NFD", "caf\u00e9 \u00fc").encode(),
    "CJK": "\u6f22\u5b57/\u30ab\u30bf\u30ab\u30ca".encode(),
    "Hangul": "\ud55c\uad6d\uc5b4".encode(),
    "right to left": "\u0633\u0644\u0627\u0645".encode(),
    "emoji": "\U0001f697.png".encode(),
    "emoji, joined": "\U0001f468\u200d\U0001f469\u200d\U0001f467".encode(),
    "combining alone": "\u0301x".encode(),
    "no-break space": "a\u00a0b".encode(),
    "four bytes, the last": "\U0010fffd".encode(),
    "equals": b"a=b",
    "partition": b"year=2024/month=01/part-0.csv",
    "slashes inside": b"a//b",
    "slashes, three": b"a///b",
    "slash leads": b"/lead",
    "slashes lead": b"//lead",
    "slash and colon": b"a/:b/c:d",
    "dot segment": b"a/./b",
    "dot leads": b"./a",
    "dots segment": b"a/../b",
    "dots lead": b"../a",
    "dots at the end": b"a/..",
    "dot at the end": b"a/.",
    "three dots": b"a/.../b",
    "hidden": b".hidden",
    "dot trails": b"a.",
    "dots trail": b"a..",
    "exclamation": b"a!b",
    "asterisk": b"a*b",
    "apostrophe": b"it's",
    "parentheses": b"a (1).txt",
    "semicolon": b"a;v=1",
    "colon": b"a:b",
    "at": b"me@example.org",
    "ampersand": b"a&b=c",
    "dollar": b"a$b",
    "comma": b"a,b",
    "question mark": b"a?b",
    "question marks": b"??",
    "number sign": b"a#b",
    "brackets": b"a[0]",
    "all reserved": RESERVED,
    "all reserved, a slash each": b"/".join(bytes([b]) for b in RESERVED),
    "double quotes": b'a "b"',
    "angles": b"<a>&amp;",
    "backslash": b"a\\b",
    "caret, bar, braces": b"a^b|c{d}`",
    "tilde": b"~user/a~b",
    "unreserved": b"aZ09-._~",
    "a listing's name": b"?list-type=2&prefix=",
    "a subresource's name": b"a?acl",
    "looks signed": b"a?X-Amz-Signature=0",
    "looks like an URL": b"http://example.org/?a=b#c",
    "a slash trails": b"folder/",
    "900 bytes": b"k" * 450 + b"/" + b" " * 5 + b"x" * 444,
    "900 bytes of escapes": ("\u00e4" * 450).encode(),
    "many segments": b"/".join(b"s%d" % n for n in range(60)),
    "control characters": b"a\x01b\x7fc",
    "tab and line feed": b"a\tb\nc",
}
