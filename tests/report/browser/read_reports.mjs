// Reads reports in Debian's Chromium as people do: with and without scripts, in light, dark and print, on a narrow screen,
// by keyboard, and with the rules of axe-core. Exit code 77: skipped, since the browser or the packages are not here.
//
//   node read_reports.mjs build/release/bin/poise FOLDER
//
// FOLDER is for runs, reports and screenshots.

import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";

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

// Runs of every kind
const run = (...words) => execFileSync(poise, words, { cwd: folder, stdio: ["ignore", "pipe", "inherit"] });
const evil = "</script><script>document.title='broken'</script>";
const rows = Array.from({ length: 60 }, (_, k) => `${(k * 7) % 13},${(k * 5) % 11},${k % 3 ? (k % 2 ? "a" : "b") : evil}`);
writeFileSync(path.join(folder, "evil.csv"), `<b onclick=x()>width,length,class\n${rows.join("\n")}\n`);
run("train", "digits", "--hidden", "16", "--epochs", "12", "--telemetry", "light", "--calibrate", "--out", "network", "--quiet");
run("train", "digits", "--l2-path", "0.1,0.01,0.001", "--validation", "0.2", "--out", "softmax", "--quiet");
run("train", "digits", "--hidden", "16", "--rule", "equilibrium", "--epochs", "12", "--out", "local", "--quiet");
run("train", "digits", "--target", "features", "--epochs", "4", "--out", "autoencoder", "--quiet");
run("train", "evil.csv", "--l2", "auto", "--out", "evil", "--quiet");
run("report", "softmax", "network", "local", "-o", "comparison.html");
const pages = ["softmax/report", "network/report", "autoencoder/report", "evil/report", "comparison"];
const url = (name) => pathToFileURL(path.join(folder, `${name}.html`)).href;

const browser = await packages.chromium.launch({ executablePath: browserPath, args: ["--no-sandbox"] });
const open = async (name, options = {}) => {
  const context = await browser.newContext({ viewport: { width: 1366, height: 900 }, ...options });
  const page = await context.newPage();
  page.on("console", (message) => expect(false, `${name}: the console says ${message.text()}`));
  page.on("pageerror", (error) => expect(false, `${name}: ${error.message}`));
  page.on("request", (request) => expect(/^(file|data):/.test(request.url()), `${name}: asks for ${request.url()}`));
  await page.goto(url(name));
  return page;
};

/// How many pixels of a picture are nearly of a color "#rrggbb".
const pixelsOf = (page, png, color) => page.evaluate(async ({ data, wanted }) => {
  const image = new Image();
  image.src = `data:image/png;base64,${data}`;
  await image.decode();
  const canvas = Object.assign(document.createElement("canvas"), { width: image.width, height: image.height });
  const context = canvas.getContext("2d");
  context.drawImage(image, 0, 0);
  const { data: bytes } = context.getImageData(0, 0, canvas.width, canvas.height);
  const [r, g, b] = [1, 3, 5].map((at) => parseInt(wanted.slice(at, at + 2), 16));
  let found = 0;
  for (let k = 0; k < bytes.length; k += 4) found += Math.abs(bytes[k] - r) + Math.abs(bytes[k + 1] - g) + Math.abs(bytes[k + 2] - b) < 24;
  return found;
}, { data: png.toString("base64"), wanted: color });
const color = (page, name) => page.evaluate((each) => getComputedStyle(document.documentElement).getPropertyValue(each).trim(), name);

const checkAccessibility = async (page, name) => {
  await page.evaluate(() => document.querySelectorAll("details").forEach((each) => { each.open = true; }));
  await page.addScriptTag({ content: packages.axe });
  const { violations } = await page.evaluate(() => axe.run(document, { resultTypes: ["violations"] }));
  for (const { id, help, nodes } of violations) expect(false, `${name}: axe ${id}, ${help}: ${nodes.slice(0, 3).map((each) => `${each.html.slice(0, 120)} ${each.failureSummary}`).join(" | ")}`);
};

for (const name of pages) {
  // Without scripts everything is there, and nothing that would need one
  let page = await open(name, { javaScriptEnabled: false });
  const sections = await page.locator("main > section").count();
  expect(sections >= 4, `${name}: ${sections} sections without scripts`);
  for (const section of await page.locator("main > section").all()) {
    expect(await section.locator("h2").isVisible() && (await section.innerText()).length > 40, `${name}: a section is empty without scripts`);
  }
  for (const svg of await page.locator("svg.chart").all()) {
    const box = await svg.boundingBox();
    expect(box && box.width > 300 && box.height > 100, `${name}: a chart has no size without scripts`);
    expect(await svg.locator("path.s, circle, rect").count() > 0, `${name}: a chart shows nothing`);
  }
  expect((await page.locator("#checks").innerText()).includes("P102"), `${name}: no checks`);
  expect(await page.locator("button").count() === 0, `${name}: buttons that do nothing without scripts`);
  expect(await page.locator("details").count() === await page.locator("svg.chart").count(), `${name}: a chart without its numbers`);
  await page.context().close();

  for (const colorScheme of ["light", "dark"]) {
    page = await open(name, { colorScheme });
    await page.screenshot({ path: path.join(folder, `${name.replace("/", "-")}-${colorScheme}.png`), fullPage: true });
    for (const image of await page.locator("img").all()) expect(await image.evaluate((each) => each.complete && each.naturalWidth > 0), `${name}: a picture is broken`);
    const line = page.locator('svg.chart:has(path.s0[d*="L"])').first();
    if (await line.count()) expect(await pixelsOf(page, await line.screenshot(), await color(page, "--s0")) > 100, `${name}: no curve is drawn in ${colorScheme}`);
    await checkAccessibility(page, `${name}, ${colorScheme}`);
    await page.context().close();
  }

  // On paper all is grey; a narrow screen has no second direction
  page = await open(name, { viewport: { width: 360, height: 740 } });
  expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${name}: wider than a narrow screen`);
  await page.screenshot({ path: path.join(folder, `${name.replace("/", "-")}-narrow.png`), fullPage: true });
  await page.emulateMedia({ media: "print", colorScheme: "dark" });
  const inks = await page.evaluate(() => [...document.querySelectorAll("svg .s, svg text, p, td")].map((each) => getComputedStyle(each)).flatMap((style) => [style.color, style.stroke]));
  const isGrey = (text) => { const [r, g, b] = (text.match(/[\d.]+/g) ?? [0, 0, 0]).map(Number); return r === g && g === b; };
  expect(inks.every(isGrey), `${name}: colors on paper: ${inks.find((each) => !isGrey(each))}`);
  await page.context().close();
}

// Weights have their intervals, or say why not; findings say what to do
{
  const page = await open("evil/report");
  expect(/95 % interval/.test(await page.locator("#weights").innerText()), "weights without intervals");
  const findings = await page.locator(".findings li").allInnerTexts();
  expect(findings.length > 0 && findings.every((each) => /^(note|warning)/i.test(each) && /P1\d\d/.test(each)), `findings: ${findings}`);
  await page.context().close();
}

// Names from data are text
{
  const page = await open("evil/report");
  expect((await page.title()).startsWith("evil"), "a class name ran as a script");
  expect((await page.locator("#classes").innerText()).includes(evil.slice(0, 40)), "a class name is not shown as it is");
  await page.context().close();
}

// Zoom: a chart that can be dragged into, with the same colors, and back again
{
  const page = await open("network/report");
  const figure = page.locator("figure[data-zoom]").first();
  await figure.getByRole("button").click();
  const canvas = figure.locator("canvas");
  await canvas.waitFor();
  await page.waitForTimeout(300);
  expect(await pixelsOf(page, await canvas.screenshot(), await color(page, "--s0")) > 100, "zoom: no curve");
  expect(!await figure.locator("svg.chart").isVisible(), "zoom: the drawing is still there");
  const picture = () => canvas.evaluate((each) => each.toDataURL());
  const all = await picture();
  const box = await canvas.boundingBox();
  await page.mouse.move(box.x + box.width * 0.4, box.y + 80);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.7, box.y + 82, { steps: 5 });
  await page.mouse.up();
  await page.waitForTimeout(100);
  expect(await picture() !== all, "zoom: dragging changes nothing");
  await page.locator(".u-over").first().dblclick();
  await page.waitForTimeout(100);
  await figure.locator(".zoomed").focus();
  await page.keyboard.press("+");
  await page.waitForTimeout(100);
  const nearer = await picture();
  expect(nearer !== all, "zoom: + changes nothing");
  await page.keyboard.press("0");
  await page.waitForTimeout(100);
  expect(await picture() !== nearer, "zoom: 0 changes nothing");
  await checkAccessibility(page, "network, zoomed");
  await page.screenshot({ path: path.join(folder, "zoomed.png") });
  await figure.getByRole("button").first().click();
  expect(await figure.locator("canvas").count() === 0 && await figure.locator("svg.chart").isVisible(), "zoom: does not end");
  await page.context().close();
}

// Theme: the other one, and remembered
{
  const page = await open("network/report", { colorScheme: "light" });
  const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await ground();
  await page.getByRole("button", { name: "Dark theme" }).click();
  const dark = await ground();
  expect(dark !== light, "theme: nothing changes");
  await page.getByRole("button", { name: "Light theme" }).click();
  expect(await ground() === light, "theme: no way back");
  await page.context().close();
}

// Sorting: every column, both ways
{
  const page = await open("comparison");
  const table = page.locator("#results table.sortable").first();
  const heads = await table.locator("thead th").count();
  for (let column = 0; column < heads; ++column) {
    const head = table.locator("thead th").nth(column);
    for (let click = 0; click < 2; ++click) {
      await head.getByRole("button").click();
      const order = await head.getAttribute("aria-sort");
      const values = await table.evaluate((each, k) => [...each.tBodies[0].rows].map((row) => row.cells[k].dataset.v), column);
      const numbers = values.map(Number), sign = order === "descending" ? -1 : 1;
      const sorted = values[0] === undefined || numbers.every((value, k) => k === 0 || Number.isNaN(value) || sign * (value - numbers[k - 1]) >= 0);
      expect(order !== null && sorted, `sorting: column ${column} is not ${order}: ${values}`);
    }
  }
  await page.context().close();
}

// The keyboard reaches what a pointer does
{
  const page = await open("comparison");
  await page.keyboard.press("Tab");
  expect(await page.evaluate(() => document.activeElement.className === "skip"), "keyboard: no way past the contents");
  const reached = new Set();
  for (let k = 0; k < 200; ++k) {
    await page.keyboard.press("Tab");
    reached.add(await page.evaluate(() => [...document.querySelectorAll("a, button, summary, [tabindex]")].indexOf(document.activeElement)));
  }
  const all = await page.evaluate(() => [...document.querySelectorAll("a, button, summary, [tabindex]")].filter((each) => each.checkVisibility()).length);
  reached.delete(-1);
  expect(reached.size >= all, `keyboard: reaches ${reached.size} of ${all}`);
  await page.context().close();
}

await browser.close();
console.log(`${pages.length} reports read, ${faults.length} faults`);
process.exit(faults.length ? 1 : 0);
