// A Chromium that notes all that it asks for, and what a page is known by.
import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const FLAGS = [
	'--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
	'--disable-background-networking', '--disable-component-update',
	'--disable-sync', '--disable-dev-shm-usage',
	// No request leaves this machine, whatever asks.
	'--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1',
];
export const PATIENCE_MS = 20000;

// URLs as the component knows them; base ends with a slash.
export function componentUrl(base, url) {
	const origin = new URL(base).origin;

	if (url === base.slice(0, -1))
		return '/';
	if (url.startsWith(base))
		return '/' + url.slice(base.length);
	return url.startsWith(origin + '/') || url === origin ?
		'outside: ' + url.slice(origin.length) : url;
}

// Runs in the page.  What it returns names URLs as the page has them.
function landmarksOfPage() {
	const all = (selector) => [...document.querySelectorAll(selector)];
	const text = (e) => e.textContent.trim().replace(/\s+/g, ' ');
	const urls = (value) => [...value.matchAll(/url\("([^"]*)"\)/g)]
		.map((m) => m[1]).filter((u) => !u.startsWith('data:'));
	const painted = new Set();

	for (const e of all('*'))
		for (const pseudo of [null, '::before', '::after']) {
			const style = getComputedStyle(e, pseudo);

			for (const name of ['backgroundImage', 'maskImage',
				'listStyleImage', 'content'])
				urls(style[name] ?? '').forEach((u) =>
					painted.add(u));
		}
	return {
		title: document.title,
		headings: all('h1, h2, h3, caption').map(text),
		links: all('a[href]').map((a) => ({
			text: text(a),
			url: a.getAttribute('href').startsWith('#') ?
				a.getAttribute('href') : a.href,
		})),
		forms: all('form').map((f) => ({
			method: f.method, url: f.action,
		})),
		images: all('img').map((i) => ({
			complete: i.complete,
			width: i.naturalWidth,
			height: i.naturalHeight,
			url: i.currentSrc,
		})),
		painted: [...painted].sort().map((url) => ({ url })),
		sheets: [...document.styleSheets].map((s) => ({
			url: s.href, rules: s.cssRules.length,
		})),
		fonts: [...document.fonts]
			.map((f) => `${f.family} ${f.weight} ${f.status}`)
			.filter((f) => f.endsWith('loaded')).sort(),
		body: getComputedStyle(document.body).fontFamily + ' ' +
			getComputedStyle(document.body).color,
		size: [document.documentElement.scrollWidth,
			document.documentElement.scrollHeight],
	};
}

// Runs in an empty page: which of 16 x 12 cells hold more than one colour.
async function inkOfPicture(data) {
	const image = new Image();

	image.src = 'data:image/png;base64,' + data;
	await image.decode();
	const canvas = new OffscreenCanvas(image.width, image.height);
	const context = canvas.getContext('2d');
	const [columns, rows] = [16, 12];
	const w = Math.floor(image.width / columns);
	const h = Math.floor(image.height / rows);
	const cells = [];

	context.drawImage(image, 0, 0);
	for (let y = 0; y < rows; y++)
		for (let x = 0; x < columns; x++) {
			const pixels = new Uint32Array(context.getImageData(
				x * w, y * h, w, h).data.buffer);

			cells.push(pixels.some((p) => p !== pixels[0]) ?
				'#' : '.');
		}
	return { width: image.width, height: image.height,
		ink: cells.join('').match(/.{16}/g) };
}

export class Visit {
	static async begin(folder, base, pageOptions) {
		// Requests of service workers are events, too.
		process.env.PW_EXPERIMENTAL_SERVICE_WORKER_NETWORK_EVENTS = '1';
		const { chromium } = await import(pathToFileURL(path.resolve(
			folder, 'node_modules', 'playwright-core', 'index.mjs')));
		const visit = new Visit();

		Object.assign(visit, { base, phase: 'whole', steps: [],
			requests: [], complaints: [] });
		visit.notes = fs.mkdtempSync(path.join(
			process.env.TMPDIR ?? '/tmp', 'fp-netlog-'));
		visit.browser = await chromium.launch({
			executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
			args: [...FLAGS, '--log-net-log=' + visit.netlog()],
		});
		visit.context = await visit.browser.newContext({
			viewport: { width: 1000, height: 700 }, ...pageOptions });
		visit.context.setDefaultTimeout(PATIENCE_MS);
		visit.listen();
		visit.page = await visit.context.newPage();
		return visit;
	}

	netlog() {
		return path.join(this.notes, 'netlog.json');
	}

	listen() {
		const note = (request, how) => this.requests.push({
			phase: this.phase,
			url: request.url(),
			method: request.method(),
			type: request.resourceType(),
			worker: request.serviceWorker() !== null,
			...how,
		});
		const complain = (kind, text) => this.complaints.push({
			phase: this.phase, kind, text });

		this.context.on('response', (r) => note(r.request(), {
			status: r.status(), fromWorker: r.fromServiceWorker(),
			coding: r.headers()['content-encoding'] ?? null,
			range: r.headers()['content-range'] ?? null }));
		this.context.on('requestfailed', (r) => note(r, {
			failure: r.failure()?.errorText }));
		this.context.on('console', (m) => {
			if (m.type() === 'error' || m.type() === 'warning')
				complain('console ' + m.type(), m.text() + ' ' +
					m.location().url);
		});
		this.context.on('weberror', (e) =>
			complain('page error', String(e.error())));
		this.context.on('page', (p) => p.on('crash', () =>
			complain('crash', p.url())));
	}

	// Opens a component's URL.
	async open(target) {
		return this.page.goto(this.base + target.slice(1),
			{ waitUntil: 'load' });
	}

	component(url) {
		return componentUrl(this.base, url);
	}

	// Waits until the page is whole, and notes its landmarks.
	async step(name) {
		await this.page.waitForLoadState('networkidle');
		await this.page.evaluate(() => document.fonts.ready);
		const found = await this.page.evaluate(landmarksOfPage);
		const shot = await this.page.screenshot(
			{ animations: 'disabled', caret: 'hide' });
		const mapped = (list) => list.map((l) => ({ ...l,
			url: l.url === null ? null : this.component(l.url) }));

		for (const kind of ['links', 'forms', 'images', 'painted',
			'sheets'])
			found[kind] = mapped(found[kind]);
		this.steps.push({ name, at: this.component(this.page.url()),
			...found, screenshot: await this.ink(shot) });
	}

	async ink(shot) {
		this.easel ??= await (await this.browser.newContext()).newPage();
		return this.easel.evaluate(inkOfPicture, shot.toString('base64'));
	}

	// Notes something else that has to be as it is at the root.
	fact(name, value) {
		this.steps.push({ name, value });
	}

	// Every URL that the network stack was asked for by a page or a worker,
	// or on this machine.  Chromium has inquiries of its own besides (is
	// there a newer one, what may this form be), which no site initiates.
	asked() {
		const log = JSON.parse(fs.readFileSync(this.netlog(), 'utf8'));
		const type = log.constants.logEventTypes.URL_REQUEST_START_JOB;
		const ours = (p) => p?.url && !p.url.startsWith('data:') &&
			(p.initiator !== 'not an origin' ||
				p.url.includes('//127.0.0.1'));
		const urls = log.events.filter((e) => e.type === type)
			.map((e) => e.params).filter(ours).map((p) => p.url);

		return [...new Set(urls)].sort();
	}

	async end() {
		await this.browser.close();
		const asked = this.asked();

		fs.rmSync(this.notes, { recursive: true });
		return { steps: this.steps, requests: this.requests,
			complaints: this.complaints, asked };
	}
}
