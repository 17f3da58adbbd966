// Builds the applications, each as its own makers set it up, for "/"; the one
// whose router reads the page's address, and the one that a bucket holds, also
// for the token in place of a prefix.
//
//     node build.mjs FOLDER
//
// FOLDER holds node_modules; vite/, vite-token/, pwa/, docs/, router/ and
// router-token/ appear in it, each with what is to be served in dist/.  Of our
// own are the pages in docs/ beside this file and the manifest below: content,
// not code.
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import zlib from 'node:zlib';

const here = path.dirname(fileURLToPath(import.meta.url));
const folder = path.resolve(process.argv[2]);
const packaged = (...names) => path.join(folder, 'node_modules', ...names);
const load = (...names) => import(pathToFileURL(packaged(...names)));

const manifest = {
	name: 'Vite and Vue, installed',
	short_name: 'Vue',
	description: 'The template, as a progressive web application',
	theme_color: '#42b883',
	start_url: '/',
	scope: '/',
	icons: [
		{ src: '/vite.svg', sizes: 'any', type: 'image/svg+xml' },
	],
	shortcuts: [
		{ name: 'Start', url: '/index.html?from=shortcut',
			icons: [{ src: '/vite.svg', sizes: 'any' }] },
	],
	share_target: {
		action: '/share',
		method: 'GET',
		enctype: 'application/x-www-form-urlencoded',
		params: { title: 'title' },
	},
};

// create-vite's template, whose modules are those of FOLDER.
function template(name, to) {
	const root = path.join(folder, to);

	fs.rmSync(root, { recursive: true, force: true });
	fs.cpSync(packaged('create-vite', name), root, { recursive: true });
	return root;
}

const token = '/__fingerpost_prefix__/';

// Beside each file of text what it is in two codings, as build plugins do it.
function compress(folder) {
	const names = fs.readdirSync(folder, { recursive: true })
		.filter((n) => /\.(?:html|css|js|svg)$/.test(n));

	for (const name of names.map((n) => path.join(folder, n))) {
		const content = fs.readFileSync(name);

		fs.writeFileSync(name + '.br', zlib.brotliCompressSync(content));
		fs.writeFileSync(name + '.gz', zlib.gzipSync(content));
	}
}

async function buildVite(vite) {
	for (const [to, base] of [['vite', '/'], ['vite-token', token]])
		await vite.build({ root: template('template-react', to), base,
			logLevel: 'warn' });
	compress(path.join(folder, 'vite-token', 'dist'));
}

async function buildPwa(vite) {
	const root = template('template-vue', 'pwa');
	const { default: vue } = await load('@vitejs/plugin-vue', 'dist',
		'index.mjs');
	const { VitePWA } = await load('vite-plugin-pwa', 'dist', 'index.js');

	await vite.build({
		root,
		logLevel: 'warn',
		configFile: false,
		plugins: [
			vue(),
			VitePWA({
				registerType: 'autoUpdate',
				manifest,
				workbox: { clientsClaim: true, skipWaiting: true },
			}),
		],
	});
}

// What `vitepress init` makes.
async function site(to, addition, options) {
	const vitepress = await load('vitepress', 'dist', 'node', 'index.js');
	const root = path.join(folder, to);

	fs.rmSync(root, { recursive: true, force: true });
	vitepress.scaffold({
		root,
		title: 'Handbook',
		description: 'A documentation site',
		theme: 'default theme + customization',
		useTs: false,
		injectNpmScripts: false,
	});
	if (addition)
		fs.cpSync(addition, root, { recursive: true });
	await vitepress.build(root, { ...options,
		outDir: path.join(root, 'dist') });
}

// Pages of pictures with it, and without a router.
const buildDocs = () => site('docs', path.join(here, 'docs'), { mpa: true });

async function buildRouter() {
	await site('router', null, { base: '/' });
	await site('router-token', null, { base: token });
}

process.chdir(folder);
const vite = await load('vite', 'dist', 'node', 'index.js');

await buildVite(vite);
await buildPwa(vite);
await buildDocs();
await buildRouter();
