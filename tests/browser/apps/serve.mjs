// Serves a built application at its own root, as `vite preview` does.
//
//     node serve.mjs FOLDER vite|pwa|docs|router|router-token PORT
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const [folder, name, port] = process.argv.slice(2);
const { preview } = await import(pathToFileURL(path.resolve(folder,
	'node_modules', 'vite', 'dist', 'node', 'index.js')));

await preview({
	root: path.resolve(folder, name),
	configFile: false,
	logLevel: 'warn',
	// What is no file is the page of a single-page application, or a 404.
	appType: /^(?:docs|router)/.test(name) ? 'mpa' : 'spa',
	preview: { host: '127.0.0.1', port: Number(port), strictPort: true },
});
