// Walks through the two sites that tests/system/s3_sites.py puts into private
// buckets.
import crypto from 'node:crypto';

const goTo = (visit, url) => visit.page.waitForURL(
	(u) => visit.component(u.href) === url);

const follow = async (visit, name, url) => {
	await visit.page.getByRole('link', { name, exact: true }).click();
	await goTo(visit, url);
	// Whoever leaves sooner breaks off what is on its way.
	await visit.page.waitForLoadState('networkidle');
};

// Runs in the page: plays from where nothing is loaded yet.
const jump = async () => {
	const audio = document.querySelector('audio');
	const happens = (what) => new Promise((resolve, reject) => {
		audio.addEventListener(what, resolve, { once: true });
		audio.addEventListener('error', () => reject(
			new Error(audio.error.message)), { once: true });
	});

	if (audio.readyState < HTMLMediaElement.HAVE_METADATA)
		await happens('loadedmetadata');
	audio.currentTime = audio.duration * 0.9;
	await happens('seeked');
	return { length_s: Math.round(audio.duration),
		at_s: Math.round(audio.currentTime) };
};

async function download(visit, name) {
	const [got] = await Promise.all([
		visit.page.waitForEvent('download'),
		visit.page.getByRole('link', { name }).click()]);
	const hash = crypto.createHash('sha256');

	for await (const piece of await got.createReadStream())
		hash.update(piece);
	return { name: got.suggestedFilename(), sha256: hash.digest('hex') };
}

export async function walkPages(visit) {
	const { page } = visit;

	await visit.open('/');
	await visit.step('the first page');
	// The folder, without its slash.
	await follow(visit, 'Models', '/models/');
	await page.getByText('made in 1903').waitFor();
	await visit.step('a folder');
	await follow(visit, 'One', '/models/one/');
	await visit.step('a folder in it');
	await page.goBack();
	await goTo(visit, '/models/');
	await page.waitForLoadState('networkidle');
	await follow(visit, 'Home', '/index.html');
	await visit.step('the first page by its name');
	await follow(visit, 'Notes', '/notes/100%25%20%2B1%20Stra%C3%9Fe.html');
	await visit.step('a page with a name');
	await page.reload();
	await visit.step('reloaded');
	await page.goBack();
	await page.waitForLoadState('networkidle');
	// An object that is a redirect.
	await follow(visit, 'Moved', '/models/one/');
	await visit.open('/sound/');
	visit.fact('sound', await page.evaluate(jump));
	visit.fact('download', await download(visit, 'Manual'));
	const answer = await visit.open('/no/such/page');

	visit.fact('status of what is missing', answer.status());
	await visit.step('missing');
}

// Runs in the page.
const scriptLoads = (url) => new Promise((resolve) => {
	const script = document.createElement('script');

	script.onload = () => resolve(true);
	script.onerror = () => resolve(false);
	script.src = url;
	document.head.append(script);
});

const statusOfCall = async (url) => (await fetch(url,
	{ headers: { Accept: 'application/json' } })).status;

export async function walkSingle(visit) {
	const { page } = visit;
	const count = async (name) => {
		await page.getByRole('button').click();
		await page.getByText('count is 1').waitFor();
		await visit.step(name);
	};

	await visit.open('/');
	await count('the first page');
	await visit.open('/deep/link/into?it=1#there');
	await count('a deep link');
	await page.reload();
	await count('reloaded');
	// Where a router of its own takes the page.
	await page.evaluate((u) => history.pushState(null, '', u),
		visit.base + 'another/deep/link');
	await page.reload();
	await count('reloaded where a script went');
	visit.fact('a script', await page.evaluate(scriptLoads,
		visit.base + 'assets/missing.js'));
	visit.fact('a call', await page.evaluate(statusOfCall,
		visit.base + 'api/cars'));
}
