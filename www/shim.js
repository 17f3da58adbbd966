// The runtime shim: brings URLs that scripts compute below the prefix that a
// component is shown under and does not know.
//
// Served at PREFIX/.fingerpost/shim.js and put first into <head>; put before
// the source of workers.  A URL of our own origin (http, https, ws, wss;
// resolved as the browser would) whose path is not at or below PREFIX/ gets
// PREFIX in front.  Everything else stays: other origins, data:, blob:,
// javascript:, fragments, what is public already.  What scripts read back is
// public, too; `fingerpost` below translates.  fingerpost.ini(5) lists what
// is covered and what cannot be.
//
// src/policy/shim-text takes whole-line comments and indentation off and
// joins the lines with blanks: every statement ends with its semicolon, and
// no comment stands behind code.  ES2017, no dependencies.
(function () {
	"use strict";
	const page = self.document;
	const script = page && page.currentScript;
	const given = script ? script.getAttribute("data-prefix") : self.__fingerpost_prefix;
	if (!given || self.fingerpost)
		return;
	const home = new URL(given, script ? script.src : self.location.href);
	const prefix = home.pathname.replace(/\/$/, "");

	// --- URLs ---

	// What has a path of ours, parsed; else null.
	function parse(text) {
		// A cheap no to what may be long.
		if (/^\s*(?:$|#|data:|blob:|javascript:)/i.test(text))
			return null;
		try {
			const url = new URL(text, page ? page.baseURI : self.location.href);
			return url.protocol.replace("ws", "http") + "//" + url.host === home.origin ? url : null;
		} catch (e) {
			return null;
		}
	}
	const isBelow = (path) => path === prefix || path.startsWith(prefix + "/");
	// An absolute URL stays one, and query and fragment stay as written: in
	// an attribute they may be in another charset than a URL object's.
	const withPath = (text, url, path) =>
		(/^[\0-\x20]*(?:[a-z][a-z0-9+.-]*:|[/\\]{2})/i.test(text) ? url.protocol + "//" + url.host : "") +
		path + text.replace(/^[^?#]*/, "");

	// A changed text in the place of a value, which Trusted Types may guard.
	let policy;
	function trust(value, text) {
		const types = self.trustedTypes;
		const kind = types && (types.isHTML(value) ? "createHTML" : types.isScriptURL(value) && "createScriptURL");
		if (!kind)
			return text;
		try {
			policy = policy || types.createPolicy("fingerpost", { createHTML: (s) => s, createScriptURL: (s) => s });
			return policy[kind](text);
		} catch (e) {
			return value;
		}
	}
	// What is not a URL, or needs no change, comes back as it came.
	function toPublic(value) {
		if (value === null || value === undefined || (self.Request && value instanceof self.Request))
			return value;
		const text = `${value}`;
		// Most markup is public already and has no dot segments.
		if (text.startsWith(prefix + "/") && !/\.[.%\t\n\r]|%2e/i.test(text))
			return value;
		const url = parse(text);
		return !url || isBelow(url.pathname) ? value : trust(value, withPath(text, url, prefix + url.pathname));
	}
	function toOwn(value) {
		const text = `${value}`;
		const url = parse(text);
		return !url || !isBelow(url.pathname) ? text : withPath(text, url, url.pathname.slice(prefix.length) || "/");
	}

	// --- texts that hold URLs ---

	const each = (change) => (value) => Array.from(value, change);
	const list = (value) => `${value}`.replace(/\S+/g, toPublic);
	const srcset = (value) => `${value}`.replace(/([^\s,](?:\S*[^\s,])?)(,+(?=\s|$)|(?:\([^)]*\)?|[^,(])*)/g,
		(all, url, after) => toPublic(url) + after);

	// Comments and strings that are no URLs are matched to be passed over, and
	// what has no end matches to the end: nothing is looked at twice.  A string
	// before a resolution or a type stands in image-set().  Relative URLs are
	// the style sheet's, whose place nobody tells us.
	const CSS_URLS = /\/\*[^]*?(?:\*\/|$)|((?:url|src|image-set)\(\s*|@import\s+)?("(?:\\[^]|[^"\\])*(?:"|\\?$)|'(?:\\[^]|[^'\\])*(?:'|\\?$))(\s+(?:[\d.]+(?:x|dp)|type\())?|url\(\s*([^\s"'()\\]+)/gi;
	const cssUrl = (url) => (/^\s*(?:\/|https?:)[^\\]*$/i.test(url) ? toPublic(url) : url);
	function css(value) {
		const text = `${value}`;
		if (!/url\(|@import|image-set\(/i.test(text))
			return value;
		return text.replace(CSS_URLS, (all, before, quoted, after, bare) => {
			if (bare)
				return all.slice(0, -bare.length) + cssUrl(bare);
			if ((!before && !after) || !/^(["'])[^]*\1$/.test(quoted))
				return all;
			return (before || "") + quoted[0] + cssUrl(quoted.slice(1, -1)) + quoted[0] + (after || "");
		});
	}

	// Which attributes of which elements are URLs or hold some.
	const ATTRIBUTES = {
		__proto__: null, a: "href ping", area: "href ping", audio: "src", base: "href", button: "formaction",
		embed: "src", feimage: "href", form: "action", frame: "src", iframe: "src srcdoc", image: "href",
		img: "src srcset", input: "src formaction", link: "href imagesrcset", object: "data", script: "src href",
		source: "src srcset", track: "src", use: "href", video: "src poster",
	};
	const KINDS = { __proto__: null, imagesrcset: srcset, ping: list, srcdoc: html, srcset: srcset, style: css };
	function attribute(tag, name, value) {
		name = name.toLowerCase().replace(/^xlink:/, "");
		if (value === null || (name !== "style" && !` ${ATTRIBUTES[tag.toLowerCase()]} `.includes(` ${name} `)))
			return value;
		return (KINDS[name] || toPublic)(value);
	}

	// Markup in a string: only attribute values and <style> change.  Raw
	// values need no decoding: references in front of a path are left to the
	// observer, behind it they stay as they are.
	const RAW = /^(?:iframe|noembed|noframes|plaintext|script|style|textarea|title|xmp)$/;
	function html(value) {
		const text = `${value}`;
		if (value === null || !/[=\s"'(,][/\\.]|:\/\//.test(text))
			return value;
		const tag = /<!--[^]*?(?:-->|$)|<([a-z][^\s/>]*)/gi;
		const attr = /[\s/]*([^\s/>][^\s/>=]*)(?:\s*=\s*("[^"]*"|'[^']*'|[^\s>]*))?/y;
		let out = "";
		let done = 0;
		const put = (end, old, now) => {
			if (now !== old) {
				out += text.slice(done, end - old.length) + now;
				done = end;
			}
		};
		for (let found; (found = tag.exec(text));) {
			if (!found[1])
				continue;
			const name = found[1].toLowerCase();
			attr.lastIndex = tag.lastIndex;
			while ((found = attr.exec(text))) {
				const quotes = /^["']/.test(found[2]) ? 1 : 0;
				const old = (found[2] || "").slice(quotes, quotes ? -1 : undefined);
				tag.lastIndex = attr.lastIndex;
				put(tag.lastIndex - quotes, old, attribute(name, found[1], old));
			}
			if (RAW.test(name)) {
				const rest = text.slice(tag.lastIndex);
				const length = rest.search(new RegExp("</" + name, "i"));
				const inside = length < 0 ? rest : rest.slice(0, length);
				tag.lastIndex += inside.length;
				if (name === "style")
					put(tag.lastIndex, inside, css(inside));
			}
		}
		return done ? trust(value, out + text.slice(done)) : value;
	}
	// What becomes an element's content.
	function content(value, element) {
		const name = element.localName;
		return name === "style" ? css(value) : RAW.test(name) ? value : html(value);
	}

	// --- functions and setters ---

	// `change` edits the arguments in place.
	function patch(object, name, change) {
		const old = object && object[name];
		if (typeof old !== "function")
			return;
		const edited = (args, target) => {
			change(args, target);
			return args;
		};
		object[name] = new Proxy(old, {
			apply: (f, target, args) => Reflect.apply(f, target, edited(args, target)),
			construct: (f, args, target) => Reflect.construct(f, edited(args), target),
		});
		if (old.prototype && old.prototype.constructor === old)
			old.prototype.constructor = object[name];
	}
	function patchSetter(object, name, change) {
		while (object && !Object.prototype.hasOwnProperty.call(object, name))
			object = Object.getPrototypeOf(object);
		const old = object && Object.getOwnPropertyDescriptor(object, name);
		const set = old && old.configurable && old.set;
		if (!set)
			return;
		old.set = function (value) {
			set.call(this, change(value, this));
		};
		Object.defineProperty(object, name, old);
	}
	const proto = (name) => self[name] && self[name].prototype;

	// In words "Interface#method", "Interface.function" or "function", whose
	// argument of that number is of that kind.
	const patchAll = (change, at, words) => words.split(" ").forEach((word) => {
		const [, of, how, name] = /^(?:(\w+)([#.]))?(\w+)$/.exec(word);
		patch(!of ? self : how === "#" ? proto(of) : self[of], name, (args) => {
			if (at < args.length)
				args[at] = change(args[at]);
		});
	});
	patchAll(toPublic, 0, "fetch Request EventSource WebSocket Worker SharedWorker Audio open Response.redirect " +
		"Navigator#sendBeacon Navigation#navigate ServiceWorkerContainer#register " +
		"ServiceWorkerContainer#getRegistration Clients#openWindow WindowClient#navigate CacheStorage#match " +
		"Cache#add Cache#delete Cache#keys Cache#match Cache#matchAll Cache#put Worklet#addModule");
	patchAll(toPublic, 1, "XMLHttpRequest#open");
	patchAll(toPublic, 2, "History#pushState History#replaceState");
	patchAll(each(toPublic), 0, "Cache#addAll");
	patchAll(css, 0, "CSSStyleSheet#insertRule CSSStyleSheet#replace CSSStyleSheet#replaceSync CSSGroupingRule#insertRule");
	patchAll(css, 1, "CSSStyleDeclaration#setProperty CSSStyleSheet#addRule FontFace");
	patchAll(html, 0, "Range#createContextualFragment Element#setHTMLUnsafe ShadowRoot#setHTMLUnsafe Document.parseHTMLUnsafe");
	patchAll(html, 1, "Element#insertAdjacentHTML");
	patch(self, "importScripts", (args) => args.forEach((url, i) => {
		args[i] = toPublic(url);
	}));
	patch(proto("ServiceWorkerContainer"), "register", (args) => {
		if (args[1] && args[1].scope !== undefined)
			args[1] = Object.assign({}, args[1], { scope: toPublic(args[1].scope) });
	});

	// --- cookies ---

	const cookiePath = (path) => (isBelow(path) || path[0] !== "/" ? path : prefix + path);
	// __Host- cookies must have the path /.
	const isHostCookie = (name) => /^\s*__host-/i.test(name);
	patchSetter(proto("Document"), "cookie", (value) => (isHostCookie(value) ? value :
		`${value}`.replace(/(;\s*path\s*=\s*)([^;]*)/gi, (all, before, path) => before + cookiePath(path))));
	const withCookiePath = (args) => {
		const cookie = Object.assign({}, typeof args[0] === "object" ? args[0] : { name: args[0], value: args[1] });
		if (!args.length || isHostCookie(cookie.name))
			return;
		cookie.path = cookiePath(cookie.path || "/");
		args.splice(0, 2, cookie);
	};
	patch(proto("CookieStore"), "set", withCookiePath);
	patch(proto("CookieStore"), "delete", withCookiePath);

	// --- what scripts may ask ---

	Object.defineProperty(self, "fingerpost", { value: Object.freeze({
		prefix: prefix,
		pathname: () => toOwn(self.location.pathname),
		own: toOwn,
		public: (url) => `${toPublic(url)}`,
	}) });
	if (!page)
		return;

	// --- elements ---

	const NAMES = new Set(["style"]);
	for (const tag in ATTRIBUTES) {
		const element = page.createElement(tag);
		for (const name of ATTRIBUTES[tag].split(" ")) {
			const property = { formaction: "formAction", imagesrcset: "imageSrcset" }[name] || name;
			NAMES.add(name);
			patchSetter(element, property, (value) => attribute(tag, name, value));
		}
	}
	patch(proto("Element"), "setAttribute", (args, element) => {
		if (args.length > 1)
			args[1] = attribute(element.localName, `${args[0]}`, args[1]);
	});
	patch(proto("Element"), "setAttributeNS", (args, element) => {
		if (args.length > 2)
			args[2] = attribute(element.localName, `${args[1]}`, args[2]);
	});
	for (const name of ["Element", "ShadowRoot"])
		patchSetter(proto(name), "innerHTML", content);
	patchSetter(proto("Element"), "outerHTML", html);
	patch(proto("DOMParser"), "parseFromString", (args) => {
		if (args[1] === "text/html")
			args[0] = html(args[0]);
	});
	for (const name of ["write", "writeln"])
		patch(proto("Document"), name, (args) => {
			const text = args.length > 1 ? args.join("") : args[0];
			if (args.length)
				args.splice(0, args.length, html(text));
		});

	const cssText = (value, element) => (element.localName === "style" ? css(value) : value);
	patchSetter(proto("Node"), "textContent", cssText);
	patchSetter(proto("HTMLElement"), "innerText", cssText);
	for (const name of ["appendChild", "insertBefore", "append"])
		patch(proto(name === "append" ? "Element" : "Node"), name, (args, parent) => args.forEach((node, i) => {
			if (parent.localName === "style" && typeof node === "string")
				args[i] = css(node);
			else if (node && (parent.localName === "style" || node.localName === "style"))
				fixCss(node);
			else if (node && node.ownerDocument && node.ownerDocument !== page)
				fixAll(node);
		}));
	for (const name of ["CSSStyleDeclaration", "CSSStyleProperties", "CSS2Properties"])
		for (const property of Object.getOwnPropertyNames(proto(name) || {}))
			if (/cssText|background|image|mask|content|cursor|filter|list-?style|clip-?path/i.test(property))
				patchSetter(proto(name), property, css);

	// --- the net under what was missed ---

	function fixCss(node) {
		const text = node.textContent;
		const now = css(text);
		if (now !== text)
			node.textContent = now;
	}
	function fix(element) {
		if (element.localName === "style")
			fixCss(element);
		for (const a of element.attributes || []) {
			const now = attribute(element.localName, a.name, a.value);
			if (now !== a.value)
				a.value = now;
		}
	}
	const SELECTOR = "style," + Array.from(NAMES, (name) => `[*|${name}]`).join();
	const fixAll = (node) => [node, ...(node.querySelectorAll ? node.querySelectorAll(SELECTOR) : [])].forEach(fix);
	const observer = new MutationObserver((records) => {
		const added = new Set();
		for (const record of records) {
			const target = record.target.nodeType === 1 ? record.target : record.target.parentElement;
			if (target && (record.type === "attributes" || target.localName === "style"))
				fix(target);
			record.addedNodes.forEach((node) => added.add(node));
		}
		for (const node of added)
			if (!added.has(node.parentNode))
				fixAll(node);
	});
	const watch = (root) => observer.observe(root, {
		attributeFilter: Array.from(NAMES), characterData: true, childList: true, subtree: true,
	});
	watch(page);
	const attachShadow = proto("Element").attachShadow;
	proto("Element").attachShadow = function () {
		const root = attachShadow.apply(this, arguments);
		watch(root);
		return root;
	};
	// A form or link is used before the observer is called.
	const fixUsed = (event) => event.composedPath().concat(event.submitter || []).forEach((node) => {
		if (/^(?:a|area|button|form|input)$/.test(node.localName))
			fix(node);
	});
	self.addEventListener("click", fixUsed, true);
	self.addEventListener("submit", fixUsed, true);
	for (const name of ["submit", "requestSubmit"])
		patch(proto("HTMLFormElement"), name, (args, form) => fix(form));

	// --- what cannot be patched ---

	// Location: its members are unforgeable, but navigation can be turned.
	if (self.navigation)
		self.navigation.addEventListener("navigate", (event) => {
			const to = toPublic(event.destination.url);
			if (to === event.destination.url || !event.cancelable || event.destination.sameDocument ||
			    event.formData || !/^(?:push|replace)$/.test(event.navigationType))
				return;
			event.preventDefault();
			self.navigation.navigate(to, { history: event.navigationType });
		});

	// import: an import map of our own, where inline scripts are allowed
	// and a page may have several of them, lest the page's own be refused.
	// That nobody can ask; Atomics.pause is as old in all engines but one.
	if (script.hasAttribute("data-inline") && Atomics.pause && !CSS.supports("-moz-appearance", "none")) {
		const map = page.createElement("script");
		map.type = "importmap";
		map.nonce = script.nonce;
		try {
			map.textContent = JSON.stringify({ imports: { "/": prefix + "/", [prefix + "/"]: prefix + "/" } });
			script.after(map);
		} catch (e) {
			// Trusted Types forbid it.
		}
		map.remove();
	}
})();
