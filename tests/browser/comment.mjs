// What is asked of the Markdown of a plan, as a forge would show it.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { marked } from "marked";

const require = createRequire(import.meta.url);
const MERMAID = readFileSync(require.resolve("mermaid/dist/mermaid.min.js"), "utf8");

/** Opens a page that knows Mermaid. */
export async function renderer(browser) {
  const page = await browser.newPage();
  await page.setContent("<!DOCTYPE html><title>Markdown</title><body></body>");
  await page.addScriptTag({ content: MERMAID });
  await page.evaluate(() => window.mermaid.initialize({ startOnLoad: false, securityLevel: "strict" }));
  return page;
}

/** Returns the pictures of a text as the renderer of Markdown sees them. */
export function pictures(markdown) {
  return marked.lexer(markdown, { gfm: true }).filter((token) => token.type === "code" && token.lang === "mermaid").map((token) => token.text);
}

/** Draws a picture; returns its labels, or throws. */
export const drawn = (page, text) =>
  page.evaluate(async (text) => {
    await window.mermaid.parse(text);
    const { svg } = await window.mermaid.render("picture", text);
    const holder = document.createElement("div");
    holder.innerHTML = svg;
    return holder.textContent;
  }, text);

/** Returns what is wrong with the folded parts once the text is HTML. */
export async function folding(page, markdown) {
  const html = marked.parse(markdown, { gfm: true });
  const open = html.split("<details>").length - 1;
  const closed = html.split("</details>").length - 1;
  const wrong = open === closed ? [] : [`${open} details are opened and ${closed} closed`];
  const found = await page.evaluate((html) => {
    const body = new DOMParser().parseFromString(html, "text/html").body;
    const details = [...body.querySelectorAll("details")];
    return {
      count: details.length,
      nested: body.querySelectorAll("details details").length,
      unnamed: details.filter((each) => each.firstElementChild?.tagName !== "SUMMARY").length,
      foreign: body.querySelectorAll("script, b, img, iframe, style").length,
    };
  }, html);
  if (found.count !== open) wrong.push(`${found.count} details of ${open}`);
  for (const part of ["nested", "unnamed", "foreign"]) {
    if (found[part] > 0) wrong.push(`${found[part]} ${part}`);
  }
  return wrong;
}
