// The shim on its own, in Chromium.
//
//	NODE_PATH=.../node_modules node run.js FILE [NAME...]
//
// FILE is the shim as it is served.  One line of JSON a row of rows.js:
// { name, fault }, fault empty where all is well.  `node run.js --names` says
// which rows there are.
"use strict";
const fs = require("fs");
const rows = require("./rows");
const { Server, page, PREFIX } = require("./server");

// What is waited for in a row, and a row as a whole.
const PATIENCE_MS = 8000;
const ROW_MS = 30000;
const PAGE = PREFIX + "/dir/page.html";
const ESCAPES = "nothing left the prefix, late or early";

const say = (name, fault) => process.stdout.write(JSON.stringify({ name, fault: fault || "" }) + "\n");
const sorted = (list) => JSON.stringify(list.slice().sort());
const differ = (what, got, want) => (JSON.stringify(got) === JSON.stringify(want) ? "" :
	`${what}: got ${JSON.stringify(got)}, want ${JSON.stringify(want)}. `);

function filesOf(row) {
	const headers = row.policy ? { "Content-Security-Policy": row.policy } : {};
	const files = { [PAGE]: { body: page(row.body, row.attributes), headers } };
	for (const path in row.files || {})
		files[path] = { body: row.files[path] };
	return files;
}

const inTime = (promise, ms = PATIENCE_MS) => {
	let timer;
	return Promise.race([promise, new Promise((ok, fail) => {
		timer = setTimeout(() => fail(new Error("no answer")), ms);
	})]).finally(() => clearTimeout(timer));
};

async function standsAt(tab, at) {
	try {
		await tab.waitForURL((url) => url.pathname + url.search + url.hash === at, { timeout: PATIENCE_MS, waitUntil: "commit" });
		return "";
	} catch (e) {
		return `stands at ${tab.url()}, not at ${at}. `;
	}
}

async function cookieFault(context, row) {
	const got = {};
	for (const cookie of await context.cookies())
		got[cookie.name] = cookie.path;
	return row.cookies ? differ("cookies", got, row.cookies) : "";
}

// What came, each once, without the page itself, which is asked for first.
function came(own, other) {
	const lines = own.seen.slice(own.seen[0] === "GET " + PAGE ? 1 : 0);
	return Array.from(new Set(lines)).concat(other.seen.map((line) => "other " + line));
}

async function play(tab, own, other, row) {
	const mine = (row.want || []).filter((line) => !line.startsWith("other "));
	const foreign = (row.want || []).filter((line) => line.startsWith("other "));
	let fault = "";

	await tab.goto(own.url + PAGE, { waitUntil: row.at && !row.run ? "commit" : "load" });
	if (row.run) {
		const call = `(${row.run})(${JSON.stringify(row.arg)}, ${JSON.stringify(other.url)})`;
		const value = await inTime(tab.evaluate(`(async () => { const value = await ${call};
			return typeof value === "object" && !Array.isArray(value) ? undefined : value; })()`
		)).catch((e) => {
			// A page that is left gives no answer.
			if (!row.at)
				throw e;
		});
		if ("value" in row)
			fault += differ("value", value, row.value);
	}
	await own.arrived(mine, PATIENCE_MS);
	await other.arrived(foreign.map((line) => line.slice(6)), PATIENCE_MS);
	return fault + (row.at ? await standsAt(tab, row.at) : "");
}

// In a context of its own: nothing is left of a row before it.
async function tryRow(browser, own, other, row) {
	const context = await browser.newContext();
	const tab = await context.newPage();
	const told = [];
	let fault;

	own.begin(filesOf(row));
	other.begin({});
	tab.on("console", (message) => told.push(message.text()));
	tab.on("pageerror", (error) => told.push(String(error)));
	try {
		fault = await play(tab, own, other, row);
	} catch (e) {
		fault = String(e);
	}
	if (row.want && sorted(came(own, other)) !== sorted(row.want))
		fault += `requests: got ${sorted(came(own, other))}, want ${sorted(row.want)}. `;
	if (row.quiet && told.length)
		fault += "console: " + told.join("; ");
	fault += await cookieFault(context, row);
	await context.close();
	return fault;
}

async function main(file, names) {
	const shim = fs.readFileSync(file, "utf8");
	const own = new Server(shim);
	const other = new Server("");
	await own.listen();
	await other.listen();
	const { launch } = require("./chromium");
	let browser = await launch();
	const attempt = (row) => inTime(tryRow(browser, own, other, row), ROW_MS).catch(String);
	for (const row of rows.filter((r) => !names.length || names.includes(r.name))) {
		let fault = await attempt(row);
		// A browser that died of itself is no fault of the row's; one
		// that this row ends dies again.
		if (!browser.isConnected()) {
			browser = await launch();
			fault = await attempt(row);
		}
		say(row.name, fault);
	}
	say(ESCAPES, own.escapes.join());
	await browser.close();
	own.close();
	other.close();
}

if (process.argv[2] === "--names")
	process.stdout.write(JSON.stringify(rows.map((row) => row.name).concat(ESCAPES)) + "\n");
else
	main(process.argv[2], process.argv.slice(3)).catch((e) => {
		console.error(e);
		process.exit(1);
	});
