import { openBrowser } from "./test/support/browser.ts";
const opened = await openBrowser(); if (opened.type !== "opened") throw new Error(opened.reason);
const page = await opened.browser.newPage({ viewport: { width: 1100, height: 750 } });
page.on("console", (m) => { if (m.type() === "error") console.log("console:", m.text()); });
await page.goto("http://127.0.0.1:3900/admin"); await page.waitForTimeout(800);
await page.screenshot({ path: "/tmp/shot-login.png" });
await page.fill("input", process.argv[2] as string); await page.keyboard.press("Enter"); await page.waitForTimeout(1200);
await page.screenshot({ path: "/tmp/shot-console.png" });
const links = await page.$$eval("a", (as) => as.map((a) => a.getAttribute("href")));
console.log(links.join(" "));
for (const l of links.filter((l) => l?.startsWith("/admin/"))) { await page.goto("http://127.0.0.1:3900" + l); await page.waitForTimeout(900); await page.screenshot({ path: `/tmp/shot${l?.replaceAll("/", "-")}.png`, fullPage: true }); }
await page.goto('http://127.0.0.1:3900/track/01a2001b-1d1c-701e-a2ec-b5fe24d5a0a3'); await page.waitForTimeout(1500); await page.screenshot({ path: '/tmp/shot-track.png', fullPage: true }); await opened.browser.close();
