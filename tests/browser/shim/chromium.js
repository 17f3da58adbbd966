// Debian's Chromium, headless, with an empty profile, talking to nobody but
// the loopback.
"use strict";
const { chromium } = require("playwright-core");

const FLAGS = [
	"--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
	"--disable-background-networking", "--disable-component-update",
	"--disable-sync", "--disable-dev-shm-usage",
];

// The browser's default context; close() ends it and removes the profile.
exports.launch = () => chromium.launch({
	executablePath: process.env.CHROMIUM || "/usr/bin/chromium",
	args: FLAGS,
});
