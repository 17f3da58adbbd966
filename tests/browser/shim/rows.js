// What a script of a component does, and what must come of it.
//
//	name     unique
//	run      in the page, at /pre/dir/page.html; `other` is the URL of another
//	         server, `done(x)` a promise for load or error of an element
//	want     every request that must arrive, and no other: "GET /pre/x",
//	         "WS /pre/x", "other GET /x"
//	value    what run() gives
//	body     markup of the page
//	files    more of the component: path -> text or { body, headers }
//	cookies  name -> path, afterwards
//	at       where the page stands afterwards
//	quiet    the console stays empty
"use strict";

const GET = (...paths) => paths.map((path) => "GET " + path);
const MODULE = "export default 1;";
const BEACON = "addEventListener('message', (e) => { fetch(e.data); });";

const requests = [
	{ name: "fetch", run: () => fetch("/a?b=c"), want: GET("/pre/a?b=c") },
	{ name: "fetch of a URL", run: () => fetch(new URL("/a", location)), want: GET("/pre/a") },
	{ name: "fetch of an absolute URL", run: () => fetch(location.origin + "/a"), want: GET("/pre/a") },
	{ name: "fetch of //host", run: () => fetch("//" + location.host + "/a"), want: GET("/pre/a") },
	{ name: "fetch with blanks around", run: () => fetch(" \n/a "), want: GET("/pre/a") },
	{ name: "fetch with backslashes", run: () => fetch("\\a"), want: GET("/pre/a") },
	{ name: "fetch with POST", run: () => fetch("/a", { method: "POST", body: "x" }), want: ["POST /pre/a"] },
	{ name: "fetch of a climbing path", run: () => fetch("../../../a"), want: GET("/pre/a") },
	{ name: "fetch of a path with dots", run: () => fetch("/x/../../a"), want: GET("/pre/a") },
	{ name: "fetch of a path that leaves the prefix", run: () => Promise.all(["/pre/../a", "/pre/%2e%2e/b", "/pre/.%2E/c", "/pre/.\t./d"].map((x) => fetch(x))), want: GET("/pre/a", "/pre/b", "/pre/c", "/pre/d") },
	{ name: "fetch of a similar prefix", run: () => fetch("/prefix/a"), want: GET("/pre/prefix/a") },
	{ name: "fetch of the root", run: () => fetch("/"), want: GET("/pre/") },
	{ name: "fetch of a Request", run: () => fetch(new Request("/a")), want: GET("/pre/a") },
	{ name: "Request, subclassed", run: () => { class R extends Request {} return fetch(new R("/a")); }, want: GET("/pre/a") },
	{ name: "Request of a Request", run: () => fetch(new Request(new Request("/a"), { method: "PUT" })), want: ["PUT /pre/a"] },
	{ name: "XMLHttpRequest", run: () => { const x = new XMLHttpRequest(); x.open("GET", "/a"); x.send(); }, want: GET("/pre/a") },
	{ name: "XMLHttpRequest, synchronous", run: () => { const x = new XMLHttpRequest(); x.open("POST", location.origin + "/a", false); x.send("x"); return x.status; }, value: 200, want: ["POST /pre/a"] },
	{ name: "EventSource", run: () => new Promise((ok) => { const s = new EventSource("/a.es"); s.onmessage = () => { s.close(); ok(s.url.slice(location.origin.length)); }; }), value: "/pre/a.es", want: GET("/pre/a.es") },
	{ name: "WebSocket of a path", run: () => { new WebSocket("/a"); }, want: ["WS /pre/a"] },
	{ name: "WebSocket, absolute", run: () => { new WebSocket("ws://" + location.host + "/a?b"); }, want: ["WS /pre/a?b"] },
	{ name: "WebSocket, subclassed", run: () => { class W extends WebSocket {} return new W("ws://" + location.host + "/a") instanceof WebSocket; }, value: true, want: ["WS /pre/a"] },
	{ name: "WebSocket's constants", run: () => [WebSocket.OPEN, WebSocket.name], value: [1, "WebSocket"], want: [] },
	{ name: "sendBeacon", run: () => navigator.sendBeacon("/a", "x"), value: true, want: ["POST /pre/a"] },
	{ name: "cache.addAll and match", run: async () => {
		const c = await caches.open("x");
		await c.addAll(["/", "/x.css", new Request("/y.css")]);
		const found = [await c.match("/x.css"), await caches.match("/"), await c.match("/pre/y.css")];
		await caches.delete("x");
		return found.map((r) => r && r.ok);
	}, value: [true, true, true], want: GET("/pre/", "/pre/x.css", "/pre/y.css") },
	{ name: "cache.add, put, keys, delete", run: async () => {
		const c = await caches.open("y");
		await c.add("/a.css");
		await c.put("/b", new Response("b"));
		const keys = (await c.keys()).map((r) => new URL(r.url).pathname);
		const gone = await c.delete("/b");
		await caches.delete("y");
		return [keys, gone];
	}, value: [["/pre/a.css", "/pre/b"], true], want: GET("/pre/a.css") },
	{ name: "FontFace", run: () => new FontFace("f", "url(/f.woff)").load().catch(() => 0), value: 0, want: GET("/pre/f.woff") },
	{ name: "Worklet.addModule", run: () => new AudioContext().audioWorklet.addModule("/a.js"), want: GET("/pre/a.js") },
	{ name: "Response.redirect", run: () => new URL(Response.redirect("/a").headers.get("Location"), location).pathname, value: "/pre/a", want: [] },
];

const workers = [
	{ name: "Worker", run: () => { new Worker("/w.js").postMessage("/a"); }, files: { "/pre/w.js": BEACON }, want: GET("/pre/w.js", "/pre/a") },
	{ name: "Worker of a URL, module", run: () => { new Worker(new URL("/w.js", location), { type: "module" }).postMessage("/a"); },
		files: { "/pre/w.js": "import one from './m.js'; " + BEACON, "/pre/m.js": MODULE }, want: GET("/pre/w.js", "/pre/m.js", "/pre/a") },
	{ name: "Worker with importScripts", run: () => { new Worker("/w.js"); }, files: { "/pre/w.js": "importScripts('/one.js', '/two.js');" }, want: GET("/pre/w.js", "/pre/one.js", "/pre/two.js") },
	{ name: "Worker with XMLHttpRequest", run: () => { new Worker("/w.js"); }, files: { "/pre/w.js": "const x = new XMLHttpRequest(); x.open('GET', '/a'); x.send();" }, want: GET("/pre/w.js", "/pre/a") },
	{ name: "Worker with a WebSocket", run: () => { new Worker("/w.js"); }, files: { "/pre/w.js": "new WebSocket('ws://' + location.host + '/a');" }, want: ["GET /pre/w.js", "WS /pre/a"] },
	{ name: "Worker in a worker", run: () => { new Worker("/w.js"); }, files: { "/pre/w.js": "new Worker('/v.js');", "/pre/v.js": "fetch('/a');" }, want: GET("/pre/w.js", "/pre/v.js", "/pre/a") },
	{ name: "Worker's helper and line numbers", run: () => new Promise((ok) => { new Worker("/w.js").onmessage = (e) => ok(e.data); }),
		files: { "/pre/w.js": "'use strict';\ntry { null.x; } catch (e) { postMessage([fingerpost.pathname(), /:(\\d+):\\d+\\)?$/m.exec(e.stack)[1]]); }" },
		value: ["/w.js", "2"], want: GET("/pre/w.js") },
	{ name: "SharedWorker", run: () => { new SharedWorker("/shared.js"); }, files: { "/pre/shared.js": "fetch('/a');" }, want: GET("/pre/shared.js", "/pre/a") },
	{ name: "service worker at the root", run: async () => {
		const r = await navigator.serviceWorker.register("/sw.js");
		const w = r.installing || r.waiting || r.active;
		await new Promise((ok) => { w.onstatechange = () => w.state === "activated" && ok(); if (w.state === "activated") ok(); });
		const known = [new URL(r.scope).pathname, !!(await navigator.serviceWorker.getRegistration("/"))];
		await r.unregister();
		return known;
	}, files: { "/pre/sw.js": `addEventListener("install", (e) => e.waitUntil(caches.open("s").then((c) => c.addAll(["/", "/x.css"])))); addEventListener("fetch", () => {});` },
	value: ["/pre/", true], want: GET("/pre/sw.js", "/pre/", "/pre/x.css") },
	{ name: "service worker with a scope", run: async () => {
		const r = await navigator.serviceWorker.register("/sw.js", { scope: "/deep/" });
		const scope = new URL(r.scope).pathname;
		await r.unregister();
		return scope;
	}, files: { "/pre/sw.js": "" }, value: "/pre/deep/", want: GET("/pre/sw.js") },
];

const elements = [
	{ name: "img.src", run: () => { new Image().src = "/a.gif"; }, want: GET("/pre/a.gif") },
	{ name: "img.src reads public", run: () => { const i = new Image(); i.src = "/a.gif"; return [i.getAttribute("src"), i.src === location.origin + "/pre/a.gif"]; }, value: ["/pre/a.gif", true], want: GET("/pre/a.gif") },
	{ name: "img.setAttribute", run: () => { document.createElement("img").setAttribute("SRC", "/a.gif"); }, want: GET("/pre/a.gif") },
	{ name: "img.srcset", run: () => { new Image().srcset = "/a.gif 1x, /b.gif 2x"; }, want: GET("/pre/a.gif") },
	{ name: "srcset of several", run: () => { const i = document.createElement("source"); i.srcset = "/a.gif,/b.gif 1x,/c.gif 2x , rel.gif 3x, data:,x 4x"; return i.srcset; }, value: "/pre/a.gif,/b.gif 1x,/pre/c.gif 2x , rel.gif 3x, data:,x 4x", want: [] },
	{ name: "srcset, malformed", run: () => { const i = document.createElement("source"); return [",/a", "/a,", "/a,, /b", "/a (x, y) 1x, /b", "/a (x", ",,", ""].map((x) => { i.srcset = x; return i.srcset; }); }, value: [",/pre/a", "/pre/a,", "/pre/a,, /pre/b", "/pre/a (x, y) 1x, /pre/b", "/pre/a (x", ",,", ""], want: [] },
	{ name: "img.setAttribute srcset", run: () => { document.createElement("img").setAttribute("srcset", "/a.gif"); }, want: GET("/pre/a.gif") },
	{ name: "picture source.srcset", run: () => { document.body.innerHTML = "<picture><source><img></picture>"; document.querySelector("source").srcset = "/a.gif"; }, want: GET("/pre/a.gif") },
	{ name: "script.src", run: () => { const s = document.createElement("script"); s.src = "/a.js"; document.head.append(s); }, want: GET("/pre/a.js") },
	{ name: "script.src, module", run: () => { const s = document.createElement("script"); s.type = "module"; s.src = "/a.js"; document.head.append(s); }, want: GET("/pre/a.js") },
	{ name: "link.href", run: () => { const l = document.createElement("link"); l.rel = "stylesheet"; l.href = "/a.css"; document.head.append(l); }, want: GET("/pre/a.css") },
	{ name: "link.imageSrcset", run: () => { const l = document.createElement("link"); l.rel = "preload"; l.as = "image"; l.imageSrcset = "/a.gif 1x"; document.head.append(l); }, want: GET("/pre/a.gif") },
	{ name: "iframe.src", run: () => { const f = document.createElement("iframe"); f.src = "/a.html"; document.body.append(f); }, want: GET("/pre/a.html") },
	{ name: "iframe.srcdoc", run: () => { const f = document.createElement("iframe"); f.srcdoc = "<img src=/a.gif>"; document.body.append(f); }, want: GET("/pre/a.gif") },
	{ name: "embed.src", run: () => { const f = document.createElement("embed"); f.src = "/a.html"; document.body.append(f); }, want: GET("/pre/a.html") },
	{ name: "object.data", run: () => { const f = document.createElement("object"); f.data = "/a.html"; document.body.append(f); }, want: GET("/pre/a.html") },
	{ name: "video.poster", run: () => { const f = document.createElement("video"); f.poster = "/a.gif"; document.body.append(f); }, want: GET("/pre/a.gif") },
	{ name: "video.src", run: () => { document.createElement("video").src = "/a.mp4"; }, want: GET("/pre/a.mp4") },
	{ name: "Audio()", run: () => { new Audio("/a.mp3").load(); }, want: GET("/pre/a.mp3") },
	{ name: "input.src", run: () => { const i = document.createElement("input"); i.type = "image"; i.src = "/a.gif"; document.body.append(i); }, want: GET("/pre/a.gif") },
	{ name: "SVG image, setAttribute", run: () => { const ns = "http://www.w3.org/2000/svg"; const s = document.createElementNS(ns, "svg"); const i = document.createElementNS(ns, "image"); i.setAttribute("href", "/a.gif"); s.append(i); document.body.append(s); }, want: GET("/pre/a.gif") },
	{ name: "SVG use, setAttributeNS", run: () => { const ns = "http://www.w3.org/2000/svg"; const s = document.createElementNS(ns, "svg"); const u = document.createElementNS(ns, "use"); u.setAttributeNS("http://www.w3.org/1999/xlink", "xlink:href", "/a.svg#s"); s.append(u); document.body.append(s); }, want: GET("/pre/a.svg") },
	{ name: "SVG image, href.baseVal", run: () => { const ns = "http://www.w3.org/2000/svg"; const s = document.createElementNS(ns, "svg"); const i = document.createElementNS(ns, "image"); s.append(i); document.body.append(s); i.href.baseVal = "/a.gif"; return new Promise((ok) => { setTimeout(() => ok(i.getAttribute("href"))); }); }, value: "/pre/a.gif", want: GET("/pre/a.gif") },
	{ name: "base.href", run: () => { const b = document.createElement("base"); b.href = "/x/"; document.head.append(b); return fetch("a"); }, want: GET("/pre/x/a") },
	{ name: "Attr.value", run: () => { document.body.innerHTML = "<img src=''>"; document.querySelector("img").attributes.src.value = "/a.gif"; return new Promise((ok) => { setTimeout(() => ok(document.querySelector("img").getAttribute("src"))); }); }, value: "/pre/a.gif", want: GET("/pre/a.gif") },
	{ name: "nodes of a parsed document", run: () => { const d = new DOMParser().parseFromString("<iframe>", "text/html"); const a = d.createAttribute("src"); a.value = "/a.html"; d.querySelector("iframe").setAttributeNode(a); document.body.append(d.querySelector("iframe")); }, want: GET("/pre/a.html") },
	{ name: "a node of an XML document", run: () => { const d = new DOMParser().parseFromString("<img xmlns='http://www.w3.org/1999/xhtml' src='/a.gif'/>", "text/xml"); document.body.append(d.documentElement); return new Promise((ok) => { setTimeout(() => ok(document.querySelector("img").getAttribute("src"))); }); }, value: "/pre/a.gif", want: GET("/pre/a.gif") },
];

const markup = [
	{ name: "innerHTML", run: () => { document.body.innerHTML = "<p><img src='/a.gif'><img src=/b.gif>"; }, want: GET("/pre/a.gif", "/pre/b.gif") },
	{ name: "innerHTML with an iframe", run: () => { document.body.innerHTML = '<iframe src = "/a.html"></iframe>'; }, want: GET("/pre/a.html") },
	{ name: "innerHTML with a style sheet", run: () => { document.body.innerHTML = '<link rel=stylesheet href="/a.css"><style>@import "/b.css";</style>'; }, want: GET("/pre/a.css", "/pre/b.css") },
	{ name: "innerHTML with an encoded slash", run: () => { document.body.innerHTML = '<a href="&#47;x">'; return new Promise((ok) => { setTimeout(() => ok(document.querySelector("a").getAttribute("href"))); }); }, value: "/pre/x", want: [] },
	{ name: "outerHTML", run: () => { document.body.innerHTML = "<p>"; document.querySelector("p").outerHTML = '<img src="/a.gif">'; }, want: GET("/pre/a.gif") },
	{ name: "insertAdjacentHTML", run: () => { document.body.insertAdjacentHTML("beforeend", '<img alt="/" src="/a.gif">'); }, want: GET("/pre/a.gif") },
	{ name: "document.write", body: `<script>document.write('<img src="/a.gif"><scr' + 'ipt src="/a.js"></scr' + 'ipt>');</script>`, want: GET("/pre/a.gif", "/pre/a.js") },
	{ name: "document.write of pieces", body: `<script>document.write('<img ', 'src="/a.gif">'); document.writeln('<link rel=stylesheet href=/a.css>');</script>`, want: GET("/pre/a.gif", "/pre/a.css") },
	{ name: "createContextualFragment", run: () => { document.body.append(document.createRange().createContextualFragment('<img src="/a.gif"><script src="/a.js"></script>')); }, want: GET("/pre/a.gif", "/pre/a.js") },
	{ name: "DOMParser", run: () => { document.body.append(...new DOMParser().parseFromString('<iframe src="/a.html">', "text/html").body.childNodes); }, want: GET("/pre/a.html") },
	{ name: "template", run: () => { const t = document.createElement("template"); t.innerHTML = '<iframe src="/a.html">'; document.body.append(t.content.cloneNode(true)); }, want: GET("/pre/a.html") },
	{ name: "shadow root", run: () => { document.body.attachShadow({ mode: "closed" }).innerHTML = '<img src="/a.gif">'; }, want: GET("/pre/a.gif") },
	{ name: "shadow root, observed", run: () => { const r = document.body.attachShadow({ mode: "open" }); r.innerHTML = "<img src=''>"; const i = r.querySelector("img"); i.attributes.src.value = "/a.gif"; return new Promise((ok) => { setTimeout(() => ok(i.getAttribute("src"))); }); }, value: "/pre/a.gif", want: GET("/pre/a.gif") },
	{ name: "setHTMLUnsafe", run: () => { document.body.setHTMLUnsafe('<img src="/a.gif">'); }, want: GET("/pre/a.gif") },
];

// In, and out of a template.
const same = (text) => [text, text];
const texts = [
	['<a href="/x?a=1&amp;b=2#c">', '<a href="/pre/x?a=1&amp;b=2#c"></a>'],
	["<a href='/it\"s'>", '<a href="/pre/it%22s"></a>'],
	["<a title=it's href=/x>'", "<a title=\"it's\" href=\"/pre/x\">'</a>"],
	["<a title='>' href='/x'>", '<a title="&gt;" href="/pre/x"></a>'],
	["<A HREF='/x'/>", '<a href="/pre/x"></a>'],
	["<a/href='/x'>", '<a href="/pre/x"></a>'],
	["<a a=/x b='/y' href='/z'>", '<a a="/x" b="/y" href="/pre/z"></a>'],
	["<form action='/x'><button formaction='/y'></button></form>", '<form action="/pre/x"><button formaction="/pre/y"></button></form>'],
	["<a href='/x' ping='/y /z'>", '<a href="/pre/x" ping="/pre/y /pre/z"></a>'],
	["<p style='background:url(/x)'>", '<p style="background:url(/pre/x)"></p>'],
	["<svg><use xlink:href='/x#y'></use></svg>", '<svg><use xlink:href="/pre/x#y"></use></svg>'],
	["<iframe srcdoc='<img src=/x>'></iframe>", '<iframe srcdoc="&lt;img src=/pre/x&gt;"></iframe>'],
	["<style>a{b:url(/x)}</style><a href=/x>", '<style>a{b:url(/pre/x)}</style><a href="/pre/x"></a>'],
	["<script>'<a href=\"/x\">'</script>", "<script>'<a href=\"/x\">'</script>"],
	same('<a href="x">/x</a>'), same('<a href="//other.test/x">'+ "</a>"), same('<a href="#/x"></a>'),
	same('<a href="/pre/x"></a>'), same('<a href="javascript:go(\'/x\')"></a>'), same('<a href="mailto:a/b"></a>'),
	same('<!-- <a href="/x"> -->'), same('<textarea>&lt;a href="/x"&gt;</textarea>'), same('<title>&lt;a href="/x"&gt;</title>'),
	same('<x-link href="/x" to="/y"></x-link>'), same('<p title="/x" data-href="/y"></p>'), same('<img alt="src=/x">'),
	['<textarea><a href="/x"></textarea>', '<textarea>&lt;a href="/x"&gt;</textarea>'],
	["1 </x a=/b> <2 ='/x'", "1  &lt;2 ='/x'"], same('<a href="data:text/html,/x"></a>'),
].map(([text, value], i) => ({
	name: `markup ${i}: ${text}`, want: [], value, arg: text,
	run: (text) => { const t = document.createElement("template"); t.innerHTML = text; return t.innerHTML; },
}));

const styles = [
	{ name: "style.backgroundImage", run: () => { document.body.style.backgroundImage = "url(/a.gif)"; }, want: GET("/pre/a.gif") },
	{ name: "style.background", run: () => { document.body.style.background = "url('/a.gif') no-repeat"; }, want: GET("/pre/a.gif") },
	{ name: "style.setProperty", run: () => { document.body.style.setProperty("background-image", 'url("/a.gif")'); document.body.offsetWidth; }, want: GET("/pre/a.gif") },
	{ name: "style.cssText", run: () => { document.body.style.cssText = "background: url(/a.gif)"; document.body.offsetWidth; }, want: GET("/pre/a.gif") },
	{ name: "setAttribute style", run: () => { document.body.setAttribute("style", "background: url( /a.gif )"); document.body.offsetWidth; }, want: GET("/pre/a.gif") },
	{ name: "a style property", run: () => { document.body.style.setProperty("--x", "url(/a.gif)"); document.body.style.backgroundImage = "var(--x)"; }, want: GET("/pre/a.gif") },
	{ name: "insertRule", run: () => { const s = document.createElement("style"); document.head.append(s); s.sheet.insertRule("body { background: url(/a.gif) }"); }, want: GET("/pre/a.gif") },
	{ name: "insertRule in @media", run: () => { const s = document.createElement("style"); s.textContent = "@media all {}"; document.head.append(s); s.sheet.cssRules[0].insertRule("body { background: url(/a.gif) }"); }, want: GET("/pre/a.gif") },
	{ name: "replaceSync", run: () => { const s = new CSSStyleSheet(); s.replaceSync("body { background: url(/a.gif) }"); document.adoptedStyleSheets = [s]; }, want: GET("/pre/a.gif") },
	{ name: "style.textContent", run: () => { const s = document.createElement("style"); s.textContent = "@import '/a.css';"; document.head.appendChild(s); }, want: GET("/pre/a.css") },
	{ name: "style, text node first", run: () => { const s = document.createElement("style"); s.appendChild(document.createTextNode("@import url(/a.css);")); document.head.appendChild(s); }, want: GET("/pre/a.css") },
	{ name: "style, text node last", run: () => { const s = document.createElement("style"); document.head.appendChild(s); s.appendChild(document.createTextNode("@import '/a.css';")); }, want: GET("/pre/a.css") },
	{ name: "style, string appended", run: () => { const s = document.createElement("style"); document.head.append(s); s.append("@import '/a.css';"); }, want: GET("/pre/a.css") },
	{ name: "style, text node's data", run: () => { const s = document.createElement("style"); s.append("x{}"); document.head.append(s); s.firstChild.data = "body { background: url(/a.gif) }"; }, want: GET("/pre/a.gif") },
	{ name: "style.innerHTML", run: () => { const s = document.createElement("style"); s.innerHTML = "body { background: image-set('/a.gif' 1x, \"/b.gif\" 9x) }"; document.head.append(s); }, want: GET("/pre/a.gif") },
];
const sheets = [
	["a { b: url(/x) }", "a { b: url(/pre/x) }"],
	["a { b: URL( '/x' ) }", "a { b: URL( '/pre/x' ) }"],
	["@import '/x'; @import url(\"/y\") print;", "@import '/pre/x'; @import url(\"/pre/y\") print;"],
	["a { b: image-set('/x' 1x, '/y' type('image/gif') 2x) }", "a { b: image-set('/pre/x' 1x, '/pre/y' type('image/gif') 2x) }"],
	same("/* url(/x) */ a { b: url(x) }"), same("a { content: 'url(/x)' }"), same("a { b: url(../../../x) }"),
	same("a { b: url(data:image/gif;base64,/x) }"), same("a { b: url(#x) url(//other.test/x) }"),
	same("a { b: url('/x"), same("a { b: url(\"/x\\"), same("a { content: '\\'url(/x)' }"),
	same("a { content: \"@import '/x'\" } b { c: url(/pre/x) }"),
].map(([text, value], i) => ({
	name: `style sheet ${i}: ${text}`, want: [], value, arg: text,
	run: (text) => { const s = document.createElement("style"); s.textContent = text; return s.textContent; },
}));

// Time that grows with the square of these would not end.
const long = [
	["style", "textContent", ['url(x"\\', "url('", '@import "\\', "url(/*", "url( ", 'url() "a"', "image-set("]],
	["source", "srcset", [",", "a,", "a (", "a, ", "(", " /"]],
	["template", "innerHTML", ["<a ", '<a b="', "<a b='\" ", "<!--/.", "<script>/.", "<style>/.", "<a/ =", "<img srcset=/a "]],
].map(([tag, property, pieces]) => ({
	name: `much of what is malformed: ${tag}.${property}`, want: [], arg: [tag, property, pieces],
	run: ([tag, property, pieces]) => pieces.map((piece) => { document.createElement(tag)[property] = piece.repeat(100000 / piece.length); }).length,
}));

const journeys = [
	{ name: "location.href", run: () => { location.href = "/a.html"; }, at: "/pre/a.html", want: GET("/pre/a.html") },
	{ name: "location.assign", run: () => { location.assign("/a.html?x"); }, at: "/pre/a.html?x", want: GET("/pre/a.html?x") },
	{ name: "location.replace", run: () => { location.replace(location.origin + "/a.html"); }, at: "/pre/a.html", want: GET("/pre/a.html") },
	{ name: "location.pathname", run: () => { location.pathname = "/a.html"; }, at: "/pre/a.html", want: GET("/pre/a.html") },
	{ name: "location while the page loads", body: "<script>location = '/a.html';</script>", at: "/pre/a.html", want: GET("/pre/a.html") },
	{ name: "meta refresh", run: () => { const m = document.createElement("meta"); m.httpEquiv = "refresh"; m.content = "0;url=/a.html"; document.head.append(m); }, at: "/pre/a.html", want: GET("/pre/a.html") },
	{ name: "navigation.navigate", run: () => { navigation.navigate("/a.html"); }, at: "/pre/a.html", want: GET("/pre/a.html") },
	{ name: "a.href", run: () => { const a = document.createElement("a"); a.href = "/a.html"; a.click(); }, at: "/pre/a.html", want: GET("/pre/a.html") },
	{ name: "a.ping", run: () => { const a = document.createElement("a"); a.href = "#x"; a.ping = "/a"; document.body.append(a); a.click(); }, want: ["POST /pre/a"] },
	{ name: "a, changed as it is clicked", run: () => { const a = document.createElement("a"); document.body.append(a); a.href = "x"; a.target = "_blank"; a.attributes.href.value = "/a.html"; a.click(); }, want: GET("/pre/a.html") },
	{ name: "form.action", run: () => { const f = document.createElement("form"); f.action = "/a.html"; f.innerHTML = "<input name=x value=y>"; document.body.append(f); f.submit(); }, at: "/pre/a.html?x=y", want: GET("/pre/a.html?x=y") },
	{ name: "form.action with POST", run: () => { const f = document.createElement("form"); f.method = "post"; f.setAttribute("action", "/a.html"); document.body.append(f); f.requestSubmit(); }, at: "/pre/a.html", want: ["POST /pre/a.html"] },
	{ name: "form, changed as it is sent", run: () => { const f = document.createElement("form"); f.method = "post"; f.action = "x"; document.body.append(f); f.attributes.action.value = "/a.html"; f.submit(); }, at: "/pre/a.html", want: ["POST /pre/a.html"] },
	{ name: "button.formAction", run: () => { document.body.innerHTML = "<form method=post><button>"; const b = document.querySelector("button"); b.formAction = "/a.html"; b.click(); }, at: "/pre/a.html", want: ["POST /pre/a.html"] },
	{ name: "window.open", run: () => { open("/a.html"); }, want: GET("/pre/a.html") },
	{ name: "history.pushState", run: () => { history.pushState({}, "", "/deep/x"); return fetch("a"); }, at: "/pre/deep/x", want: GET("/pre/deep/a") },
	{ name: "history.replaceState", run: () => { history.replaceState(null, "", new URL("/x?y", location)); }, at: "/pre/x?y", want: [] },
	{ name: "history without a URL", run: () => { history.pushState(1, ""); history.replaceState(1, "", null); }, at: "/pre/dir/page.html", want: [] },
];

const modules = [
	{ name: "import()", run: () => import("/m.js").then((m) => m.default), files: { "/pre/m.js": MODULE }, value: 1, want: GET("/pre/m.js") },
	{ name: "import() of an absolute URL", run: () => import(location.origin + "/m.js").then((m) => m.default), files: { "/pre/m.js": MODULE }, value: 1, want: GET("/pre/m.js") },
	{ name: "import() of what is public", run: () => import("/pre/m.js").then((m) => m.default), files: { "/pre/m.js": MODULE }, value: 1, want: GET("/pre/m.js") },
	{ name: "import, static", body: `<script type="module">import "/m.js"; import "./n.js"; import "../o.js";</script>`, want: GET("/pre/m.js", "/pre/dir/n.js", "/pre/o.js") },
	{ name: "import in an imported module", body: `<script type="module" src="/pre/m.js"></script>`, files: { "/pre/m.js": "import '/n.js';" }, want: GET("/pre/m.js", "/pre/n.js") },
	{ name: "the page's own import map", body: `<script type="importmap">{"imports":{"vue":"/pre/vue.js"}}</script><script type="module">import "vue"; import "/m.js";</script>`, want: GET("/pre/vue.js", "/pre/m.js"), quiet: true },
];

const cookies = [
	{ name: "cookie with Path=/", run: () => { document.cookie = "c=1; Path=/; SameSite=Lax"; return document.cookie; }, value: "c=1", cookies: { c: "/pre/" }, want: [] },
	{ name: "cookie with a deeper path", run: () => { document.cookie = "c=1;path=/x"; }, cookies: { c: "/pre/x" }, want: [] },
	{ name: "cookie with a public path", run: () => { document.cookie = "c=1; path=/pre/x"; }, cookies: { c: "/pre/x" }, want: [] },
	{ name: "cookie without a path", run: () => { document.cookie = "c=path=/x"; }, cookies: { c: "/pre/dir" }, want: [] },
	{ name: "cookie that must have the root", run: () => { document.cookie = "__Host-c=1; Secure; Path=/"; }, cookies: { "__Host-c": "/" }, want: [] },
	{ name: "cookie that goes", run: () => { document.cookie = "c=1; Path=/"; document.cookie = "c=; Path=/; Max-Age=0"; return document.cookie; }, value: "", cookies: {}, want: [] },
	{ name: "cookieStore", run: () => cookieStore.set("c", "1"), cookies: { c: "/pre/" }, want: [] },
	{ name: "cookieStore with an object", run: () => cookieStore.set({ name: "c", value: "1", path: "/x/" }), cookies: { c: "/pre/x/" }, want: [] },
	{ name: "cookieStore.delete", run: async () => { await cookieStore.set("c", "1"); await cookieStore.delete("c"); }, cookies: {}, want: [] },
];

const stays = [
	{ name: "another origin", run: (arg, other) => fetch(other + "/a"), want: ["other GET /a"] },
	{ name: "another origin's image", run: (arg, other) => { new Image().src = other + "/a.gif"; }, want: ["other GET /a.gif"] },
	{ name: "another origin's WebSocket", run: (arg, other) => { new WebSocket(other.replace("http", "ws") + "/a"); }, want: ["other WS /a"] },
	{ name: "another origin's markup", run: (arg, other) => { document.body.innerHTML = `<img src="${other}/a.gif">`; }, want: ["other GET /a.gif"] },
	{ name: "another base", run: (arg, other) => { const b = document.createElement("base"); b.href = other + "/"; document.head.append(b); return fetch("/a"); }, want: ["other GET /a"] },
	{ name: "a public URL", run: () => fetch("/pre/a"), want: GET("/pre/a") },
	{ name: "a public URL, absolute", run: () => fetch(location.origin + "/pre/a"), want: GET("/pre/a") },
	{ name: "a relative URL", run: () => fetch("a/../b"), want: GET("/pre/dir/b") },
	{ name: "a relative URL upward", run: () => fetch("../b"), want: GET("/pre/b") },
	{ name: "an empty URL", run: () => fetch(""), want: GET("/pre/dir/page.html") },
	{ name: "what a script reads back", run: () => { const a = document.createElement("a"); a.href = "/a"; return fetch(a.href); }, want: GET("/pre/a") },
	{ name: "data:", run: () => fetch("data:,/x").then((r) => r.text()), value: "/x", want: [] },
	{ name: "blob:", run: () => fetch(URL.createObjectURL(new Blob(["x"]))).then((r) => r.text()), value: "x", want: [] },
	{ name: "javascript:", run: () => { const a = document.createElement("a"); a.href = "javascript:void(window.hit='/x')"; a.click(); return new Promise((ok) => { setTimeout(() => ok(window.hit)); }); }, value: "/x", want: [] },
	{ name: "a fragment", run: () => { location.hash = "/x"; }, at: "/pre/dir/page.html#/x", want: [] },
	{ name: "an attribute of a custom element", run: () => { const e = document.createElement("x-link"); e.setAttribute("href", "/x"); document.body.append(e); return new Promise((ok) => { setTimeout(() => ok(e.getAttribute("href"))); }); }, value: "/x", want: [] },
	{ name: "textContent", run: () => { document.body.textContent = "url(/x)"; return document.body.textContent; }, value: "url(/x)", want: [] },
	{ name: "textarea.innerHTML", run: () => { const t = document.createElement("textarea"); t.innerHTML = "<a href='/x'>"; return t.value; }, value: "<a href='/x'>", want: [] },
	{ name: "an attribute without a value", run: () => { document.body.setAttribute("hidden", ""); document.body.setAttribute("style", ""); document.body.setAttribute("title", null); return document.body.title; }, value: "null", want: [] },
	{ name: "innerHTML = null", run: () => { document.body.innerHTML = null; return document.body.innerHTML; }, value: "", want: [] },
	{ name: "arguments that are missing", run: () => { const told = []; for (const call of [() => new Worker(), () => history.pushState(), () => document.body.setAttribute("x"), () => new XMLHttpRequest().open()]) try { call(); told.push("no"); } catch (e) { told.push(e.name); } return told; }, value: ["TypeError", "TypeError", "TypeError", "TypeError"], want: [] },
	{ name: "a symbol", run: () => { try { document.body.setAttribute("x", Symbol("x")); } catch (e) { return e.name; } }, value: "TypeError", want: [] },
	{ name: "properties look as before", run: () => [fetch.name, fetch.length, WebSocket.prototype.constructor === WebSocket, new Request("/a").constructor === Request, typeof XMLHttpRequest.prototype.open, Object.keys(window).includes("fingerpost")], value: ["fetch", 1, true, true, "function", false], want: [] },
];

const helper = [
	{ name: "fingerpost", run: () => [fingerpost.prefix, fingerpost.pathname(), fingerpost.own("/pre/a?b#c"), fingerpost.own("/pre"), fingerpost.own(location.origin + "/pre/a"), fingerpost.own("a"), fingerpost.own("/x")].map((x) => x.replace(location.origin, "O")),
		value: ["/pre", "/dir/page.html", "/a?b#c", "/", "O/a", "/dir/a", "/x"], want: [] },
	{ name: "fingerpost.public", run: (arg, other) => ["/a?b#c", location.origin + "/a", "a", "/pre/a", "#x", "https://other.test/a"].map((x) => fingerpost.public(x).replace(location.origin, "O")),
		value: ["/pre/a?b#c", "O/pre/a", "a", "/pre/a", "#x", "https://other.test/a"], want: [] },
	{ name: "there and back", run: () => ["/", "/a", "/a/b?c=/d#/e", "/%2F", "/ä"].every((x) => fingerpost.own(fingerpost.public(x)) === encodeURI(decodeURI(x)).replace("%252F", "%2F")), value: true, want: [] },
	{ name: "twice in a page", body: `<script src="/pre/.fingerpost/shim.js" data-prefix="/pre"></script>`, run: () => fetch("/a"), want: GET("/pre/a"), quiet: true },
];

// A page with that policy, and nothing on the console.
const csp = (policy, attributes, nonce) => ({
	name: "CSP: " + policy, quiet: true, policy, attributes, want: GET("/pre/own.js", "/pre/a", "/pre/m.js"),
	body: `<script ${nonce} src="/pre/own.js"></script>`,
	files: { "/pre/own.js": `fetch("/a"); import("${nonce ? "/m.js" : "/pre/m.js"}");` },
});
const policies = [
	csp("script-src 'self'", "", ""),
	csp("default-src 'self'; img-src *", "", ""),
	csp("script-src 'nonce-abc'; script-src-elem 'nonce-abc' 'self'", 'nonce="abc" data-inline', 'nonce="abc"'),
	csp("default-src 'none'; connect-src *; script-src 'nonce-abc' 'strict-dynamic'", 'nonce="abc" data-inline', 'nonce="abc"'),
	csp("script-src 'self' 'unsafe-inline'", "data-inline", ""),
	{ name: "CSP: trusted types", quiet: true, policy: "require-trusted-types-for 'script'", attributes: "",
		run: () => {
			const policy = trustedTypes.createPolicy("app", { createHTML: (s) => s, createScriptURL: (s) => s });
			document.body.innerHTML = policy.createHTML('<img src="/a.gif"><p>');
			document.querySelector("p").innerHTML = policy.createHTML("no URL");
			new Worker(policy.createScriptURL("/w.js"));
			const s = document.createElement("script");
			s.src = policy.createScriptURL("/s.js");
			document.head.append(s);
			return document.querySelector("p").textContent;
		}, value: "no URL", want: GET("/pre/a.gif", "/pre/w.js", "/pre/s.js") },
];

module.exports = [].concat(requests, workers, elements, markup, texts, styles, sheets, long, journeys, modules, cookies,
	stays, helper, policies);
