// The pictures of README and docs, taken from reports in Chromium:
//   node scripts/pictures.mjs TOOL FOLDER_FOR_RUNS FOLDER_FOR_PICTURES FOLDER_OF_COMPARISONS

import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";

const { chromium } = createRequire(path.resolve("tests/report/browser/package.json"))("playwright-core");
const [tool, runs, pictures, comparisons] = process.argv.slice(2).map((each) => path.resolve(each));
mkdirSync(pictures, { recursive: true });

const train = (name, ...words) =>
  execFileSync(tool, ["train", "digits", ...words, "--out", name, "--quiet"], { cwd: runs, stdio: "ignore" });
train("network", "--hidden", "64", "--epochs", "60", "--telemetry", "light");
train("path", "--l2-path", "1,0.3,0.1,0.03,0.01,0.003,1e-3,3e-4,1e-4,3e-5,1e-5,1e-6", "--validation", "0.25");

const executablePath = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(existsSync);
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
const show = async (file, height, width = 1040) => {
  const page = await browser.newPage({ viewport: { width, height }, deviceScaleFactor: 1.5 });
  await page.goto(pathToFileURL(file).href);
  return page;
};
const open = (run, height) => show(path.join(runs, run, "report.html"), height);
const file = (name) => path.join(pictures, `${name}.png`);

await (await open("network", 640)).screenshot({ path: file("report") });
await (await open("network", 900)).locator("#balance figure").first().screenshot({ path: file("equilibrium") });
await (await open("path", 900)).locator("#penalty figure").first().screenshot({ path: file("penalty-path") });
await (await show(path.join(comparisons, "fashion-mnist.html"), 1200, 1180)).screenshot({ path: file("comparison") });
await browser.close();
