// What is asked of a page.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const AXE = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

/** Opens a file; whatever it loads, logs or is kept from doing is a trouble. */
export async function open(browser, path, { width, scheme }) {
  const page = await browser.newPage();
  const troubles = [];
  const url = `file://${path}`;
  await page.setViewport({ width, height: 900 });
  await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
  await page.setRequestInterception(true);
  let isLoaded = false;
  page.on("request", (request) => {
    if (request.url() === url && !isLoaded) {
      isLoaded = true;
      return request.continue();
    }
    troubles.push(`request: ${request.url()}`);
    return request.abort();
  });
  page.on("console", (message) => troubles.push(`console: ${message.text()}`));
  page.on("pageerror", (error) => troubles.push(`error: ${error.message}`));
  await page.exposeFunction("refused", (directive) => troubles.push(`policy: ${directive}`));
  await page.evaluateOnNewDocument(() => {
    document.addEventListener("securitypolicyviolation", (event) => window.refused(event.violatedDirective));
  });
  await page.goto(url, { waitUntil: "networkidle0" });
  return { page, troubles };
}

/** Unfolds all there is. */
export const unfold = (page) =>
  page.evaluate(() => document.querySelectorAll("details").forEach((details) => (details.open = true)));

/** Returns what axe finds wrong, one line each. */
export async function violations(page) {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() => window.axe.run(document));
  return violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html.slice(0, 120)}`));
}

/** Returns by how many pixels the page is wider than its window. */
export const overflow = (page) =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

/** Returns headings that skip a level, and landmarks that are missing or there twice. */
export const structure = (page) =>
  page.evaluate(() => {
    const wrong = [];
    let last = 0;
    for (const heading of document.querySelectorAll("h1, h2, h3, h4, h5, h6")) {
      const level = Number(heading.tagName[1]);
      if (level > last + 1) wrong.push(`h${level} after h${last}: ${heading.textContent}`);
      last = level;
    }
    for (const name of ["h1", "body > header", "main", "body > footer"]) {
      const count = document.querySelectorAll(name).length;
      if (count !== 1) wrong.push(`${count} times ${name}`);
    }
    for (const table of document.querySelectorAll("table")) {
      if (!table.caption?.textContent.trim()) wrong.push("a table without a caption");
      if (table.querySelector("th:not([scope])")) wrong.push("a heading of a table without a scope");
    }
    return wrong;
  });

/** Tabs through the page; returns what could not be reached, had no visible focus or did not answer to a key. */
export async function keyboard(page) {
  const wrong = [];
  const total = await page.evaluate(() => {
    const able = [...document.querySelectorAll("a[href], summary")].filter((element) => element.checkVisibility());
    able.forEach((element, place) => (element.dataset.place = place));
    return able.length;
  });
  for (let place = 0; place < total; place++) {
    await page.keyboard.press("Tab");
    const focused = await page.evaluate(() => {
      const { dataset, tagName } = document.activeElement;
      const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement);
      return { place: Number(dataset.place), tagName, isSeen: outlineStyle !== "none" && outlineWidth !== "0px" };
    });
    if (focused.place !== place) wrong.push(`Tab ${place} reached ${focused.place}`);
    if (!focused.isSeen) wrong.push(`no visible focus at ${place}`);
    if (focused.tagName !== "SUMMARY") continue;
    const isOpen = () => page.evaluate(() => document.activeElement.parentElement.open);
    const before = await isOpen();
    await page.keyboard.press("Enter");
    if ((await isOpen()) === before) wrong.push(`Enter does nothing at ${place}`);
    await page.keyboard.press("Enter");
  }
  return wrong;
}

/** Returns how many folded parts would be missing on paper. */
export async function missingOnPaper(page) {
  await page.emulateMediaType("print");
  const missing = await page.evaluate(() => {
    const folded = [...document.querySelectorAll("details")];
    folded.forEach((details) => (details.open = false));
    return folded.filter((details) => !details.lastElementChild.checkVisibility({ contentVisibilityAuto: true })).length;
  });
  await page.emulateMediaType("screen");
  return missing;
}
