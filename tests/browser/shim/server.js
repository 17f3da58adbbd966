// A small server that shows one component under /pre/ as Fingerpost would,
// the shim and all, and records every request that it gets.
"use strict";
const http = require("http");

const PREFIX = "/pre";
const SHIM = PREFIX + "/.fingerpost/shim.js";
const GIF = Buffer.from("R0lGODlhAQABAAAAACwAAAAAAQABAAACAkQBADs=", "base64");
const WORKERS = /^(?:worker|sharedworker|serviceworker)$/;

const TYPES = {
	css: "text/css", gif: "image/gif", html: "text/html; charset=utf-8", js: "text/javascript",
	svg: "image/svg+xml", txt: "text/plain", es: "text/event-stream",
};
// What is served where nothing else was said.
const BODIES = {
	css: "", gif: GIF, html: "<!DOCTYPE html><title>plain</title>", js: "self.ran = true;",
	svg: '<svg xmlns="http://www.w3.org/2000/svg" id="s"/>', txt: "text", es: "data: x\n\n",
};

class Server {
	// `shim` is the script's text.
	constructor(shim) {
		this.shim = shim;
		this.files = {}; // path -> { body, headers }
		this.seen = [];  // "GET /path", in order
		this.escapes = []; // what was not below the prefix, ever
		this.waiting = [];
		this.http = http.createServer((q, s) => this.answer(q, s));
		this.http.on("upgrade", (q, socket) => {
			this.record("WS " + q.url);
			socket.end("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
		});
	}

	async listen() {
		await new Promise((done) => this.http.listen(0, "127.0.0.1", done));
		this.host = "127.0.0.1:" + this.http.address().port;
		this.url = "http://" + this.host;
	}

	close() {
		this.http.closeAllConnections();
		this.http.close();
	}

	begin(files) {
		this.files = files;
		this.seen = [];
	}

	record(line) {
		this.seen.push(line);
		if (!line.includes(" " + PREFIX + "/"))
			this.escapes.push(line);
		this.waiting.forEach((look) => look());
	}

	// When all of these have come; at the latest after the time.
	async arrived(lines, ms) {
		let timer;
		const all = () => lines.every((line) => this.seen.includes(line));
		await new Promise((done) => {
			const look = () => all() && done();
			this.waiting.push(look);
			timer = setTimeout(done, ms);
			look();
		});
		clearTimeout(timer);
		this.waiting = [];
	}

	answer(request, response) {
		const path = request.url.replace(/[?#].*/, "");
		const file = this.files[path] || {};
		const type = /\.(\w+)$/.exec(path);
		const kind = type && TYPES[type[1]] ? type[1] : "html";
		let body = file.body === undefined ? BODIES[kind] : file.body;
		request.resume();
		if (path === SHIM)
			body = this.shim;
		else if (path !== "/favicon.ico")
			this.record(request.method + " " + request.url);
		if (WORKERS.test(request.headers["sec-fetch-dest"]))
			body = `self.__fingerpost_prefix="${PREFIX}";${this.shim} ${body}`;
		response.writeHead(200, Object.assign({
			"Content-Type": TYPES[kind], "Cache-Control": "no-store",
			"Access-Control-Allow-Origin": "*",
		}, file.headers));
		response.end(body);
	}
}

// A page as the HTML rewriter leaves it.
exports.page = (body, attributes = "data-inline") => `<!DOCTYPE html>
<html><head><script src="${SHIM}?v=0" data-prefix="${PREFIX}" ${attributes}></script>
<meta charset="utf-8"><title>component</title></head>
<body>${body || ""}</body></html>
`;
exports.Server = Server;
exports.PREFIX = PREFIX;
