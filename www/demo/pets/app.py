"""The demonstration's application server "elsewhere": a small JSON API with
a page before it and a stream of events, on asyncio.

It is written for its own root; the page's script uses relative addresses.

    GET  /                 the page
    GET  /api/pets         all pets, JSON
    POST /api/pets/ID/pat  one more pat; the new state, JSON
    GET  /events           server-sent events: every pat as it happens

Usage: app.py PORT_FILE    (writes the port that it serves on)
"""

import asyncio
import json
import signal
import sys

HEAD_MAX = 16384
BODY_MAX = 65536

PETS = [
    {"id": 1, "name": "Mila", "kind": "dog", "face": "\N{DOG FACE}",
     "age": 4, "likes": ["walks", "the postman", "snow"]},
    {"id": 2, "name": "Oskar", "kind": "cat", "face": "\N{CAT FACE}",
     "age": 9, "likes": ["boxes", "the keyboard", "silence"]},
    {"id": 3, "name": "Pip", "kind": "rabbit", "face": "\N{RABBIT FACE}",
     "age": 2, "likes": ["dandelions", "digging"]},
    {"id": 4, "name": "Frieda", "kind": "hen", "face": "\N{CHICKEN}",
     "age": 3, "likes": ["worms", "company", "the sunny corner"]},
    {"id": 5, "name": "Bo", "kind": "tortoise", "face": "\N{TURTLE}",
     "age": 61, "likes": ["lettuce", "time"]},
]

PAGE = """\
<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>Pets</title>
<style>
body { margin: 0; font: 16px/1.5 system-ui, sans-serif; color: #16312b;
  background: #eef7f3 }
header { background: #14695a; color: #fff; padding: 1.2rem 2rem }
h1 { margin: 0; font-size: 1.6rem }
main { display: flex; flex-wrap: wrap; gap: 1rem; max-width: 60rem;
  margin: 2rem auto; padding: 0 1.5rem }
.pet { background: #fff; border-radius: 12px; padding: 1rem 1.4rem;
  width: 15rem; box-shadow: 0 1px 4px #0002 }
.face { font-size: 2.6rem; float: right }
h2 { margin: 0 } small { color: #5d7a72 }
button { font: inherit; border: 0; border-radius: 6px; background: #14695a;
  color: #fff; padding: .3rem 1rem; margin-top: .6rem }
#news { max-width: 60rem; margin: 0 auto; padding: 0 1.5rem;
  color: #5d7a72 }
</style></head>
<body>
<header><h1>Pets</h1></header>
<main id="pets">Loading&hellip;</main>
<p id="news">Waiting for events. Open this page twice and pat someone.</p>
<script>
const pets = document.getElementById("pets")
const news = document.getElementById("news")
function show(pet) {
  let card = document.getElementById("pet" + pet.id)
  if (!card) {
    card = document.createElement("div")
    card.className = "pet"
    card.id = "pet" + pet.id
    pets.append(card)
  }
  card.innerHTML = "<span class=face>" + pet.face + "</span><h2>" + pet.name +
    "</h2><small>" + pet.kind + ", " + pet.age + "</small><br>likes " +
    pet.likes.join(", ") + "<br>"
  const button = document.createElement("button")
  button.textContent = "Pat (" + pet.pats + ")"
  button.onclick = () => fetch("api/pets/" + pet.id + "/pat",
    { method: "POST" })
  card.append(button)
}
fetch("api/pets").then(answer => answer.json()).then(all => {
  pets.textContent = ""
  all.forEach(show)
})
const events = new EventSource("events")
events.addEventListener("pat", event => {
  const pet = JSON.parse(event.data)
  show(pet)
  news.textContent = pet.name + " was patted."
})
</script>
</body></html>
"""


class Pets:
    """The pets and those who listen for news of them."""

    def __init__(self):
        self.all = {p["id"]: dict(p, pats=0) for p in PETS}
        self.listeners = set()

    def pat(self, pet):
        pet["pats"] += 1
        event = f"event: pat\ndata: {json.dumps(pet)}\n\n".encode()
        for queue in self.listeners:
            if not queue.full():
                queue.put_nowait(event)


def head(status, *fields):
    lines = [f"HTTP/1.1 {status}", "Server: pets"]
    lines += [f"{name}: {value}" for name, value in fields]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def answer(pets, method, path):
    """(status, content type, text) of all but the events."""
    parts = path.split("/")[1:]
    if path == "/":
        return "200 OK", "text/html; charset=utf-8", PAGE
    if path == "/api/pets" and method != "POST":
        return ("200 OK", "application/json",
                json.dumps(list(pets.all.values()), indent=1) + "\n")
    if (parts[:2] == ["api", "pets"] and parts[3:] == ["pat"] and
            method == "POST"):
        pet = pets.all.get(int(parts[2]) if parts[2].isdecimal() else 0)
        if pet:
            pets.pat(pet)
            return "200 OK", "application/json", json.dumps(pet) + "\n"
    return ("404 Not Found", "application/json",
            json.dumps({"error": "not found"}) + "\n")


async def stream_events(pets, writer):
    writer.write(head(
        "200 OK", ("Content-Type", "text/event-stream"),
        ("Cache-Control", "no-cache"), ("Connection", "close")))
    queue = asyncio.Queue(100)
    pets.listeners.add(queue)
    try:
        event = b"event: hello\ndata: {}\n\n"
        while True:
            writer.write(event)
            await writer.drain()
            try:
                event = await asyncio.wait_for(queue.get(), 10)
            except asyncio.TimeoutError:
                event = b": still here\n\n"
    finally:
        pets.listeners.discard(queue)


async def serve_one(pets, reader, writer):
    """One request; False when the connection is to be closed."""
    text = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    lines = text.split("\r\n")
    method, target, _ = lines[0].split(" ")
    fields = {}
    for line in lines[1:-2]:
        name, _, value = line.partition(":")
        fields[name.lower()] = value.strip()
    if "transfer-encoding" in fields:
        writer.write(head("411 Length Required", ("Content-Length", "0"),
                          ("Connection", "close")))
        return False
    length = int(fields.get("content-length", "0"))
    if length > BODY_MAX:
        writer.write(head("413 Content Too Large", ("Content-Length", "0"),
                          ("Connection", "close")))
        return False
    await reader.readexactly(length)
    path = target.partition("?")[0]
    if path == "/events":
        await stream_events(pets, writer)
    status, kind, content = answer(pets, method, path)
    body = content.encode()
    keep = fields.get("connection", "").lower() != "close"
    writer.write(head(
        status, ("Content-Type", kind), ("Content-Length", len(body)),
        ("Connection", "keep-alive" if keep else "close")) +
        (b"" if method == "HEAD" else body))
    await writer.drain()
    return keep


async def serve(pets, reader, writer):
    try:
        while await serve_one(pets, reader, writer):
            pass
    except (OSError, ValueError, asyncio.IncompleteReadError,
            asyncio.LimitOverrunError):
        pass
    finally:
        writer.close()


async def main():
    pets = Pets()
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    server = await asyncio.start_server(
        lambda r, w: serve(pets, r, w), "127.0.0.1", 0, limit=HEAD_MAX)
    with open(sys.argv[1], "w") as f:
        f.write(f"{server.sockets[0].getsockname()[1]}\n")
    await stop.wait()
    server.close()


if __name__ == "__main__":
    asyncio.run(main())
