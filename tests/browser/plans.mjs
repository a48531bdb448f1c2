// Plans that the built program makes against its emulator.

import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Returns what the program writes to stdout; it sees no variables. */
function run(program, folder, args) {
  return execFileSync(program, args, { cwd: folder, env: {}, encoding: "utf8", maxBuffer: 1 << 28, stdio: ["ignore", "pipe", "ignore"] });
}

/** Plans a configuration in both formats; returns the path of the HTML and the Markdown. */
function planned(program, folder, options) {
  const plan = (format) => run(program, folder, ["plan", "--emulator", ...options, "--format", format]);
  const html = join(folder, "plan.html");
  writeFileSync(html, plan("html"));
  return { html, markdown: plan("markdown") };
}

/** The change set of the fixture: a grant, a lost scope, a shorter life, another audience, a stricter policy. */
export function rich(program, fixture, work) {
  const folder = join(work, "rich");
  cpSync(fixture, folder, { recursive: true });
  run(program, folder, ["render", "-f", "before.yaml"]);
  return planned(program, folder, ["--emulator-seed", "seed.json"]);
}

/** Five thousand scopes and a hundred clients, all of them new. */
export function big(program, work) {
  const folder = join(work, "big");
  mkdirSync(folder);
  const lines = ["version: 1", "tenant: { subdomain: acme }", "oidc_apps:"];
  for (let app = 0; app < 100; app++) {
    lines.push(`  client-${app}: { name: Client ${app}, application_type: web, token_endpoint_auth_method: basic, redirect_uris: ["https://c${app}.example.com/cb"] }`);
  }
  lines.push("authorization_servers:");
  for (let server = 0; server < 50; server++) {
    const url = `https://api-${server}.example.com`;
    lines.push(`  api-${server}:`, `    name: API ${server}`, `    resource_identifier: ${url}`, `    audiences: ["${url}"]`, "    scopes:");
    for (let scope = 0; scope < 96; scope++) lines.push(`      s${scope}: Scope number ${scope}`);
    lines.push("    clients:", `      client-${2 * server}: [s0, s1]`, `      client-${2 * server + 1}: [s2]`);
  }
  writeFileSync(join(folder, "gatewright.yaml"), lines.join("\n") + "\n");
  return planned(program, folder, []);
}

/** Returns a copy of a page with something in its body that must not be there. */
export function doctored(html, name, markup) {
  const path = html.replace(/plan\.html$/, `${name}.html`);
  writeFileSync(path, readFileSync(html, "utf8").replace("<main>", `<main>${markup}`));
  return path;
}
