// Walks through an application as a visitor does, and prints what was seen.
//
//     node walk.mjs FOLDER vite|admin|pwa|docs|router|pages|single BASE
//
// BASE is the URL of the application's root, with its slash.  One JSON
// document goes to standard output.  Before it, "down" on a line of its own
// asks for the origin to be stopped; a line on standard input says that it is.
import readline from 'node:readline';
import { PATIENCE_MS, Visit } from './browser.mjs';
import { walkPages, walkSingle } from './bucket.mjs';

async function stopOrigin(visit) {
	const answers = readline.createInterface({ input: process.stdin });

	visit.phase = 'down';
	process.stdout.write('down\n');
	await new Promise((resolve) => answers.once('line', resolve));
	answers.close();
}

const goTo = (visit, url) => visit.page.waitForURL(
	(u) => visit.component(u.href) === url);

// What a page does of itself has no time limit of the driver's.
const within = (promise, what) => Promise.race([promise, new Promise(
	(resolve, reject) => setTimeout(() => reject(new Error(
		`waited in vain: ${what}`)), PATIENCE_MS).unref())]);

async function walkVite(visit) {
	const { page } = visit;

	await visit.open('/');
	await visit.step('the first page');
	await page.getByRole('button').click();
	await page.getByText('count is 1').waitFor();
	await visit.step('after a click');
	await page.reload();
	await visit.step('reloaded');
	await visit.open('/some/route?q=1#f');
	await visit.step('a route of a single-page application');
}

async function walkAdmin(visit) {
	const { page } = visit;
	const submit = (name) => page.locator(`input[name="${name}"]`).click();

	await visit.open('/admin/');
	await goTo(visit, '/admin/login/?next=/admin/');
	await visit.step('sent to log in');
	await page.fill('#id_username', 'keeper');
	await page.fill('#id_password', 'a wrong one');
	await page.getByRole('button', { name: 'Log in' }).click();
	await page.locator('.errornote').waitFor();
	await visit.step('refused');
	await page.fill('#id_username', 'keeper');
	await page.fill('#id_password', 'let the keeper in');
	await page.getByRole('button', { name: 'Log in' }).click();
	await goTo(visit, '/admin/');
	await visit.step('logged in');
	visit.fact('cookies', (await visit.context.cookies()).map((c) => ({
		name: c.name, httpOnly: c.httpOnly, sameSite: c.sameSite,
		domain: c.domain,
		path: visit.component(new URL(c.path, visit.base).href) })));
	await page.reload();
	await visit.step('still logged in');
	await page.getByRole('link', { name: 'Users', exact: true }).first()
		.click();
	await goTo(visit, '/admin/auth/user/');
	await visit.step('users');
	await page.getByRole('link', { name: 'Add user' }).click();
	await goTo(visit, '/admin/auth/user/add/');
	await visit.step('a form');
	await page.fill('#id_username', 'newcomer');
	await page.fill('#id_password1', 'come in and find out');
	await page.fill('#id_password2', 'come in and find out');
	await submit('_save');
	await goTo(visit, '/admin/auth/user/2/change/');
	await submit('_save');
	await goTo(visit, '/admin/auth/user/');
	await visit.step('a user more');
	await page.goBack();
	await goTo(visit, '/admin/auth/user/2/change/');
	await page.goForward();
	await goTo(visit, '/admin/auth/user/');
	await page.getByRole('link', { name: 'Log out' }).click();
	await goTo(visit, '/admin/logout/');
	await visit.step('logged out');
	await visit.open('/admin/auth/user/');
	await goTo(visit, '/admin/login/?next=/admin/auth/user/');
	await visit.step('sent to log in again');
}

const workerOfPage = async () => {
	const ready = await navigator.serviceWorker.ready;
	const cached = [];

	if (ready.active.state !== 'activated')
		await new Promise((resolve) => ready.active.addEventListener(
			'statechange', () => ready.active.state === 'activated' &&
				resolve()));
	if (navigator.serviceWorker.controller === null)
		await new Promise((resolve) =>
			navigator.serviceWorker.addEventListener(
				'controllerchange', resolve));
	for (const name of await caches.keys())
		for (const request of await (await caches.open(name)).keys())
			cached.push(request.url);
	return {
		scope: ready.scope,
		script: ready.active.scriptURL,
		controller: navigator.serviceWorker.controller.scriptURL,
		cached: cached.sort(),
	};
};

async function manifestOf(visit) {
	const session = await visit.context.newCDPSession(visit.page);
	const got = await session.send('Page.getAppManifest');
	const at = (u) => visit.component(new URL(u, got.url).href);
	const m = JSON.parse(got.data);

	await session.detach();
	return {
		url: visit.component(got.url),
		errors: got.errors.map((e) => e.message),
		name: m.name,
		start: at(m.start_url),
		scope: at(m.scope),
		icons: m.icons.map((i) => at(i.src)),
		shortcuts: m.shortcuts.map((s) => [at(s.url),
			...s.icons.map((i) => at(i.src))]),
		share: at(m.share_target.action),
	};
}

async function walkPwa(visit) {
	const { page } = visit;

	await visit.open('/');
	await visit.step('the first page');
	const found = await within(page.evaluate(workerOfPage),
		'a service worker in control');

	visit.fact('service worker', {
		scope: visit.component(found.scope),
		script: visit.component(found.script),
		controller: visit.component(found.controller),
		cached: found.cached.map((u) => visit.component(u)),
	});
	visit.fact('manifest', await manifestOf(visit));
	await page.reload();
	await visit.step('reloaded, from the worker');
	await page.getByRole('button').click();
	await page.getByText('count is 1').waitFor();
	await stopOrigin(visit);
	await page.reload();
	await visit.step('while the origin is down');
	await visit.open('/some/route');
	await visit.step('a route while the origin is down');
}

async function walkDocs(visit) {
	const { page } = visit;

	await visit.open('/');
	await visit.step('the first page');
	await page.getByRole('link', { name: 'Markdown Examples' }).first()
		.click();
	await goTo(visit, '/markdown-examples.html');
	await visit.step('a page');
	await page.getByRole('link', { name: 'Runtime API Examples' }).first()
		.click();
	await goTo(visit, '/api-examples.html');
	await visit.step('another page');
	await visit.open('/pictures.html');
	await page.locator('img').last().scrollIntoViewIfNeeded();
	await visit.step('pictures');
	await page.getByRole('link', { name: "to the pictures' end" }).click();
	await goTo(visit, '/pictures.html#by-markdown');
	await page.locator('header a.title').first().click();
	await goTo(visit, '/');
	await page.goBack();
	await visit.step('back at the pictures');
}

// The router takes the pages' links over, and finds each page by its address.
async function walkRouter(visit) {
	const { page } = visit;

	const arrive = async (url, heading) => {
		await goTo(visit, url);
		await page.getByRole('heading', { level: 1, name: heading })
			.waitFor();
	};

	await visit.open('/');
	await visit.step('the first page');
	await page.evaluate(() => { window.sameDocument = true; });
	await page.getByRole('link', { name: 'Markdown Examples' }).first()
		.click();
	await arrive('/markdown-examples.html', 'Markdown Extension Examples');
	await visit.step('a page');
	await page.getByRole('link', { name: 'Runtime API Examples' }).first()
		.click();
	await arrive('/api-examples.html', 'Runtime API Examples');
	await visit.step('another page');
	await page.goBack();
	await arrive('/markdown-examples.html', 'Markdown Extension Examples');
	await visit.step('back at the page');
	visit.fact('routed', await page.evaluate(() => window.sameDocument));
	await page.reload();
	await visit.step('reloaded');
}

const walks = {
	vite: [walkVite, {}],
	admin: [walkAdmin, {}],
	pwa: [walkPwa, {}],
	// A dense screen, for which srcset has other pictures.
	docs: [walkDocs, { deviceScaleFactor: 2 }],
	router: [walkRouter, {}],
	pages: [walkPages, {}],
	single: [walkSingle, {}],
};

const [folder, name, base] = process.argv.slice(2);
const [walk, pageOptions] = walks[name];
const visit = await Visit.begin(folder, base, pageOptions);
let broken = null;

try {
	await walk(visit);
} catch (error) {
	broken = String(error.stack) + '\nat ' + visit.page.url();
}
// A browser that died has not written down what it was asked for.  No walk
// closes anything itself.
if (/has been closed/.test(broken)) {
	process.stdout.write(JSON.stringify({ died: true, broken }) + '\n');
	process.exit(0);
}
const seen = await visit.end();

process.stdout.write(JSON.stringify({ broken, ...seen }) + '\n');
