"""The demonstration's "on-prem" web application: a hotel's booking pages.

A WSGI application with a form, a cookie and several pages.  It is written
for its own root and never hears that it is shown under /hotels/: every link,
form, redirect and cookie path starts at "/".  Bookings live in memory.

Usage: app.py PORT_FILE    (writes the port that it serves on)
"""

import html
import secrets
import signal
import socketserver
import sys
import urllib.parse
import wsgiref.simple_server
from http.cookies import CookieError, SimpleCookie

HOTELS = {
    "alpenrose": ("Alpenrose", "Mountain house, 12 rooms, 1,840 m", 118,
                  "Wake up above the clouds. Two stoves, one library, and "
                  "a path that starts at the door."),
    "leuchtturm": ("Leuchtturm", "A lighthouse with five rooms", 164,
                   "The lamp was moved to the new tower in 1978; the view "
                   "stayed. Breakfast is on the gallery if the wind allows."),
    "grand-canal": ("Grand Canal", "Town hotel, 60 rooms, own landing", 205,
                    "The ferry stops in front of the lobby. Ask for a room "
                    "on the water side and leave the window open."),
    "orchard": ("The Orchard", "Farm with eight rooms and 300 trees", 92,
                "Cider from the press, bread from the oven, and nothing to "
                "hear at night but the owl."),
}

STYLE = """\
body { margin: 0; font: 17px/1.6 Georgia, serif; color: #2b2118;
  background: #fbf6ee }
header { background: #6b3a1f; color: #fbf6ee; padding: 1.2rem 2rem }
header a { color: inherit; text-decoration: none }
header nav { float: right; font-size: .95rem; padding-top: .5rem }
h1 { margin: 0; font-size: 1.7rem }
main { max-width: 52rem; margin: 2rem auto; padding: 0 1.5rem }
.card { background: #fff; border: 1px solid #e5d9c6; border-radius: 8px;
  padding: 1rem 1.4rem; margin-bottom: 1rem }
.card h2 { margin: 0 } .price { float: right; color: #6b3a1f }
a { color: #8a4b22 } label { display: block; margin: .6rem 0 }
input, select { font: inherit; padding: .3rem .5rem }
button { font: inherit; background: #6b3a1f; color: #fff; border: 0;
  border-radius: 5px; padding: .45rem 1.2rem }
footer { color: #8b7d6b; font-size: .85rem; text-align: center;
  padding: 2rem }
"""

PAGE = """\
<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>{title} - Four Hotels</title>
<link rel="stylesheet" href="/style.css"></head>
<body>
<header><nav><a href="/bookings">Your bookings</a></nav>
<h1><a href="/">Four Hotels</a></h1></header>
<main>
{main}
</main>
<footer>A Python application that thinks it lives at the root of its own
server. Its links start there; nothing told it where it is shown.</footer>
</body></html>
"""

bookings = {}  # by visitor's key: a list of (hotel's name, nights, guest)
VISITORS_MAX = 1000
BOOKINGS_MAX = 20


def page(title, main):
    return ("200 OK", [("Content-Type", "text/html; charset=utf-8")],
            PAGE.format(title=html.escape(title), main=main))


def front(_):
    cards = "\n".join(
        f'<div class="card"><span class="price">from {price} &euro;</span>'
        f'<h2><a href="/hotel?id={key}">{html.escape(name)}</a></h2>'
        f"{html.escape(line)}</div>"
        for key, (name, line, price, _) in HOTELS.items())
    return page("Welcome", "<p>Four houses, each worth the journey.</p>\n" +
                cards)


def hotel(request):
    key = request["query"].get("id", "")
    if key not in HOTELS:
        return missing()
    name, line, price, text = HOTELS[key]
    return page(name, f"""\
<div class="card"><span class="price">{price} &euro; a night</span>
<h2>{html.escape(name)}</h2><p><em>{html.escape(line)}</em></p>
<p>{html.escape(text)}</p></div>
<form class="card" method="post" action="/book">
<input type="hidden" name="id" value="{key}">
<label>Your name <input name="guest" required maxlength="60"></label>
<label>Nights <select name="nights"><option>1<option>2<option>3<option>7
</select></label>
<button>Book</button></form>""")


def book(request):
    form = request["form"]
    if request["method"] != "POST" or form.get("id") not in HOTELS:
        return missing()
    key = request["visitor"] or secrets.token_urlsafe(12)
    if key not in bookings and len(bookings) >= VISITORS_MAX:
        bookings.pop(next(iter(bookings)))
    mine = bookings.setdefault(key, [])
    mine.append((HOTELS[form["id"]][0], form.get("nights", "1")[:2],
                 form.get("guest", "")[:60]))
    del mine[:-BOOKINGS_MAX]
    return ("303 See Other", [
        ("Location", "/bookings"),
        ("Content-Type", "text/plain"),
        ("Set-Cookie", f"visitor={key}; Path=/; HttpOnly; SameSite=Lax"),
        ("Set-Cookie", "returning=yes; Path=/; Max-Age=86400; SameSite=Lax"),
    ], "booked\n")


def list_bookings(request):
    mine = bookings.get(request["visitor"], [])
    rows = "\n".join(
        f'<div class="card"><span class="price">{html.escape(nights)} '
        f"night(s)</span><h2>{html.escape(name)}</h2>"
        f"for {html.escape(guest)}</div>" for name, nights, guest in mine)
    return page("Your bookings", rows or
                '<p>Nothing booked yet. <a href="/">Choose a house</a>.</p>')


def style(_):
    return ("200 OK", [("Content-Type", "text/css"),
                       ("Cache-Control", "max-age=3600")], STYLE)


def missing():
    _, head, text = page("Not found", '<p>There is no such page. '
                         '<a href="/">All houses</a></p>')
    return "404 Not Found", head, text


PAGES = {"/": front, "/hotel": hotel, "/book": book,
         "/bookings": list_bookings, "/style.css": style}


def app(environ, start_response):
    def pairs(text):
        return dict(urllib.parse.parse_qsl(text))

    try:
        cookies = SimpleCookie(environ.get("HTTP_COOKIE", ""))
    except CookieError:
        cookies = SimpleCookie()
    length = min(int(environ.get("CONTENT_LENGTH") or 0), 65536)
    request = {
        "method": environ["REQUEST_METHOD"],
        "query": pairs(environ.get("QUERY_STRING", "")),
        "form": pairs(environ["wsgi.input"].read(length).decode(
            "utf-8", "replace")) if length else {},
        "visitor": cookies["visitor"].value if "visitor" in cookies else "",
    }
    answer = PAGES.get(environ.get("PATH_INFO") or "/")
    status, head, text = answer(request) if answer else missing()
    body = text.encode()
    start_response(status, head + [("Content-Length", str(len(body)))])
    return [b"" if request["method"] == "HEAD" else body]


class Server(socketserver.ThreadingMixIn, wsgiref.simple_server.WSGIServer):
    daemon_threads = True


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with wsgiref.simple_server.make_server("127.0.0.1", 0, app, Server) as s:
        with open(sys.argv[1], "w") as f:
            f.write(f"{s.server_port}\n")
        s.serve_forever()


if __name__ == "__main__":
    main()
