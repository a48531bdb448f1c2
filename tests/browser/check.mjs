// Looks at plans in a real browser: node check.mjs PROGRAM FIXTURE FOLDER CHROMIUM

import assert from "node:assert/strict";
import { statSync } from "node:fs";
import { join } from "node:path";
import puppeteer from "puppeteer-core";
import { drawn, folding, pictures, renderer } from "./comment.mjs";
import { keyboard, missingOnPaper, open, overflow, structure, unfold, violations } from "./page.mjs";
import { big, doctored, rich } from "./plans.mjs";

const [program, fixture, work, executablePath] = process.argv.slice(2);
const LIMIT = 65_536;
const WINDOWS = [320, 1280].flatMap((width) => ["light", "dark"].map((scheme) => ({ width, scheme })));

/** What the first screen has to say of the rich plan. */
const ANSWERS = [
  "4 breaks",
  "3 widens",
  "4 narrows",
  "1 refused",
  "gateway policy contacts-mule refuses lobby-kiosk: on contacts it lacks contacts:write",
  "contacts-batch may get contacts:write on contacts",
  "access tokens of contacts live 10 minutes instead of 60 minutes",
  "contacts-web no longer gets contacts:admin on contacts",
  "tokens of contacts no longer open urn:contacts:v1",
];

/** What stands further down. */
const DETAILS = [
  "contacts-batch widens contacts:read gained: contacts:write passes contacts-mule",
  "Sales <b>\"Tools\"</b> (id 405)",
  "\"Operations <script>alert('x')</script>\"",
  "delete app 404, not in the file",
  "policies/contacts-mule.json",
];

async function looksRight(browser, path, window, name) {
  const { page, troubles } = await open(browser, path, window);
  await page.screenshot({ path: join(work, `${name}-${window.scheme}-${window.width}.png`), fullPage: true });
  assert.deepEqual(await structure(page), []);
  assert.deepEqual(await violations(page), [], "as it opens");
  assert.deepEqual(await keyboard(page), []);
  assert.ok((await overflow(page)) <= 0, "scrolls sideways");
  await unfold(page);
  assert.ok((await overflow(page)) <= 0, "scrolls sideways when all is unfolded");
  assert.deepEqual(await violations(page), [], "with all unfolded");
  assert.equal(await missingOnPaper(page), 0, "folded parts are missing on paper");
  assert.deepEqual(troubles, []);
  await page.close();
}

async function saysRight(browser, path) {
  const { page } = await open(browser, path, WINDOWS[2]);
  const text = (root) => page.evaluate((root) => document.querySelector(root).textContent.replace(/\s+/g, " "), root);
  const bottom = await page.evaluate(() => document.querySelector("#graph").getBoundingClientRect().top);
  assert.ok(bottom < 1000, `the answers take ${bottom} pixels`);
  const first = `${await text("header")} ${(await text("#refused"))} ${await text("#access")}`;
  for (const answer of ANSWERS) assert.ok(first.includes(answer), `${answer}: ${first}`);
  const rest = await text("main");
  for (const detail of DETAILS) assert.ok(rest.includes(detail), `${detail}: ${rest}`);
  assert.equal(await page.evaluate(() => document.querySelectorAll("script, b, link, img").length), 0);
  await page.close();
}

/** A check that finds nothing in a bad page would prove nothing of a good one. */
async function findsWhatIsWrong(browser, path) {
  const troublesOf = async (name, markup) => {
    const { page, troubles } = await open(browser, doctored(path, name, markup), WINDOWS[2]);
    const found = [...troubles, ...(await violations(page)), ...(await structure(page))].join("\n");
    const wide = await overflow(page);
    await page.close();
    return { found, wide };
  };
  assert.match((await troublesOf("picture", '<img src="https://example.com/x.png">')).found, /policy: img-src/);
  assert.match((await troublesOf("script", "<script>document.title = 1</script>")).found, /policy: script-src/);
  assert.match((await troublesOf("style", '<p style="color: red">x</p>')).found, /policy: style-src/);
  assert.match((await troublesOf("frame", '<iframe src="other.html"></iframe>')).found, /policy: frame-src/);
  assert.match((await troublesOf("heading", "<h4>x</h4>")).found, /h4 after h1/);
  assert.match((await troublesOf("name", '<a href="#x"></a>')).found, /link-name/);
  assert.ok((await troublesOf("wide", `<pre>${"wide ".repeat(400)}</pre>`)).wide > 0);
}

async function commentIsValid(page, markdown, labels) {
  assert.ok(Buffer.byteLength(markdown) <= LIMIT);
  assert.deepEqual(await folding(page, markdown), []);
  const found = pictures(markdown);
  assert.equal(found.length, 1);
  const text = await drawn(page, found[0]);
  for (const label of labels) assert.ok(text.includes(label), `${label}: ${text}`);
}

const browser = await puppeteer.launch({ executablePath, args: ["--no-sandbox"] });
try {
  const [small, large] = [rich(program, fixture, work), big(program, work)];
  await saysRight(browser, small.html);
  await findsWhatIsWrong(browser, small.html);
  for (const window of WINDOWS) await looksRight(browser, small.html, window, "rich");

  const { page, troubles } = await open(browser, large.html, WINDOWS[2]);
  const ready = await page.evaluate(() => Math.round(performance.getEntriesByType("navigation")[0].domComplete));
  const changes = await page.evaluate(() => document.querySelectorAll("#changes details:not(.more)").length);
  assert.equal(changes, 5050);
  assert.ok((await overflow(page)) <= 0);
  assert.deepEqual(await structure(page), []);
  assert.deepEqual(troubles, []);
  await page.screenshot({ path: join(work, "big.png") });
  await page.close();

  const forge = await renderer(browser);
  await assert.rejects(drawn(forge, "flowchart LR\n  a -->|b"), "a broken picture has to be found");
  assert.notDeepEqual(await folding(forge, "<details><summary>x</summary>\n\nx\n"), []);
  await commentIsValid(forge, small.markdown, ["refused: lacks contacts:write", "gains contacts:write", "Sales <b>\"Tools\"</b> (id 405)"]);
  await commentIsValid(forge, large.markdown, ["gains s0, s1"]);
  const megabytes = (statSync(large.html).size / 1e6).toFixed(1);
  console.log(`plans look right; 5,050 changes are ${megabytes} MB of HTML, complete after ${ready} ms`);
} finally {
  await browser.close();
}
