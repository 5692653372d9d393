// Follows trainings in Debian's Chromium, on the page that `poise train --serve` shows: it is whole without scripts, its curves grow
// without a reload, what a reader has done to it stays, and at the end it is the report. Exit code 77: skipped, since the browser or the
// packages are not here, or the build has no server.
//
//   node follow_training.mjs build/release/bin/poise FOLDER
//
// FOLDER is for runs and screenshots.

import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";

const skip = (why) => { console.log(`skipped: ${why}`); process.exit(77); };
const require = createRequire(import.meta.url);
const packages = (() => {
  try {
    return { chromium: require("playwright-core").chromium, axe: readFileSync(require.resolve("axe-core/axe.min.js"), "utf8") };
  } catch { return skip("tests/report/browser/node_modules is not there (scripts/install-deps.sh --test)"); }
})();
const browserPath = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(existsSync);
if (!browserPath) skip("Chromium is not installed (scripts/install-deps.sh --test)");

const [poise, folder] = process.argv.slice(2).map((each) => path.resolve(each));
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
const faults = [];
const expect = (held, what) => { if (!held) { faults.push(what); console.log(`FAILED: ${what}`); } };

/// A training under way: its page, signals for it, and how it ends.
const train = (...words) => new Promise((resolve) => {
  const child = spawn(poise, ["train", ...words, "--serve", "--quiet"], { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
  const ended = new Promise((done) => child.on("close", (code) => done(code)));
  let text = "";
  child.stderr.on("data", (bytes) => {
    text += bytes;
    const url = /http:\/\/127\.0\.0\.1:\d+\/[0-9a-f]{32}\//.exec(text);
    if (url) resolve({ url: url[0], ended, send: (signal) => child.kill(signal) });
  });
  ended.then(() => { if (text.includes("cpp-httplib")) skip("the build has no server"); });
});

const browser = await packages.chromium.launch({ executablePath: browserPath, args: ["--no-sandbox"] });
const open = async (training, name, options = {}) => {
  const context = await browser.newContext({ viewport: { width: 1366, height: 900 }, ...options });
  const page = await context.newPage();
  page.on("console", (message) => expect(false, `${name}: the console says ${message.text()}`));
  page.on("pageerror", (error) => expect(false, `${name}: ${error.message}`));
  page.on("request", (request) => expect(request.url().startsWith(training.url) || request.url().startsWith("data:"), `${name}: asks for ${request.url()}`));
  page.once("request", () => setTimeout(() => training.send("SIGCONT"), 300));  // where it stands still
  await page.goto(training.url);
  return page;
};
const screenshot = (page, name) => page.screenshot({ path: path.join(folder, `${name}.png`), fullPage: true });
const checkAccessibility = async (page, name) => {
  await page.evaluate(packages.axe);
  const { violations } = await page.evaluate(() => axe.run(document, { resultTypes: ["violations"] }));
  for (const { id, help, nodes } of violations) expect(false, `${name}: axe ${id}, ${help}: ${nodes.slice(0, 3).map((each) => `${each.html.slice(0, 120)} ${each.failureSummary}`).join(" | ")}`);
};
const epochIn = (text) => Number(/epoch ([\d,]+) of/.exec(text)?.[1].replaceAll(",", "") ?? 0);
const epochOf = async (page) => epochIn(await page.locator(".verdict").innerText());
const untilBeyond = async (page, epoch) => { while (await epochOf(page) <= epoch) await page.waitForTimeout(50); };
const numbers = (page) => page.locator("figure table.data").first().evaluate((table) => [...table.tBodies[0].rows].map((row) => row.cells[0].textContent));

// A network, until it is interrupted
{
  const training = await train("digits", "--hidden", "32", "--epochs", "1000000", "--out", "network");
  const page = await open(training, "network");
  await page.waitForFunction(() => document.querySelector("svg.chart path.s0"));
  await page.evaluate(() => { window.isTheSame = true; });
  const details = page.locator("figure details").first();
  await details.locator("summary").click();
  await details.locator("summary").focus();
  const [before, from] = [await numbers(page), await epochOf(page)];
  await untilBeyond(page, from);
  await page.waitForFunction((last) => Number(document.querySelector("figure table.data tbody tr:last-child td").textContent) > last, Number(before.at(-1)));
  expect(await page.evaluate(() => window.isTheSame), "network: the page was loaded again");
  expect(await details.evaluate((each) => each.open && each.contains(document.activeElement)), "network: what was folded out, or the focus, is gone");
  expect((await page.title()).startsWith("epoch "), `network: the title ${await page.title()}`);
  expect(await page.locator("progress").count() === 1, "network: no bar of progress");
  expect(await page.locator("#live").innerText() === "Follows the training", "network: it does not say that it follows");
  await checkAccessibility(page, "network, light");
  await screenshot(page, "network-light");

  // Zoomed, it goes on
  const figure = page.locator("figure[data-zoom]").first();
  await figure.getByRole("button").click();
  const picture = () => figure.locator("canvas").evaluate((each) => each.toDataURL());
  await page.waitForTimeout(300);
  const zoomed = await picture(), then = await epochOf(page);
  await untilBeyond(page, then + 1);
  expect(await figure.locator("canvas").count() === 1 && await picture() !== zoomed, "network: a zoomed curve does not grow");
  await figure.getByRole("button").click();

  const dark = await open(training, "network, dark", { colorScheme: "dark" });
  await dark.waitForFunction(() => document.querySelector("svg.chart path.s0"));
  await checkAccessibility(dark, "network, dark");
  await screenshot(dark, "network-dark");
  const narrow = await open(training, "network, narrow", { viewport: { width: 360, height: 740 } });
  expect(await narrow.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "wider than a narrow screen");
  await screenshot(narrow, "network-narrow");
  await narrow.context().close();

  const plain = await open(training, "network, without scripts", { javaScriptEnabled: false });
  expect(await plain.locator("svg.chart path.s0").count() > 0, "no curve without scripts");
  expect((await plain.locator("#live").innerText()).startsWith("Reload the page"), "without scripts nothing says how to go on");
  expect(await plain.locator("button").count() === 0, "buttons that do nothing without scripts");
  const at = await epochOf(plain);
  await plain.reload();
  expect(at > 0 && await epochOf(plain) >= at, "without scripts a reload shows no more");
  await plain.context().close();

  await page.locator("#balance").scrollIntoViewIfNeeded();
  training.send("SIGINT");
  for (const each of [page, dark]) {
    await each.waitForFunction(() => document.getElementById("live").textContent.startsWith("Training has ended."));
    const sections = await each.locator("main > section").evaluateAll((all) => all.map((section) => section.id));
    expect(sections.includes("quality") && sections.includes("weights"), `the end has the sections ${sections}`);
    await checkAccessibility(each, "the end");
  }
  expect(await training.ended === 130, "an interrupt is no exit code 130");
  await page.waitForTimeout(400);
  expect((await page.locator("#said").innerText()).startsWith("Training has ended."), "the end is not said");
  const file = await (await browser.newContext()).newPage();
  await file.setContent(readFileSync(path.join(folder, "network/report.html"), "utf8"));
  const text = (each) => each.locator("main > header, main > section").evaluateAll((all) => all.map((part) => {
    const copy = part.cloneNode(true);  // without what scripts have added
    copy.querySelectorAll(".tool, .zoomed").forEach((added) => added.remove());
    return copy.textContent;
  }));
  expect(JSON.stringify(await text(page)) === JSON.stringify(await text(file)), "the end is not the report that was written");
  expect(await page.getByRole("button", { name: /^Zoom/ }).count() > 0, "the end has lost its buttons");
  await screenshot(page, "network-end");
}

// A softmax layer that ends by itself, within a path. It stands still until the browser asks for its page: on a busy machine it would
// be at its end before that. A connection is made without it, by the kernel.
{
  const training = await train("digits", "--l2-path", Array.from({ length: 40 }, (_, k) => 0.1 * 0.8 ** k).join(","), "--validation", "0.2", "--out", "path");
  training.send("SIGSTOP");
  const page = await open(training, "path");
  await page.waitForFunction(() => document.getElementById("live").textContent.startsWith("Training has ended."));
  expect(await page.locator("#penalty svg.chart").count() > 0, "path: its curve is not there at the end");
  expect(await training.ended === 0, "path: the exit code");
  await screenshot(page, "path-end");
}

await browser.close();
console.log(`2 trainings followed, ${faults.length} faults`);
process.exit(faults.length ? 1 : 0);
