// What an editor shows of the published schemas: no false alarm, every mistake at its line, every key and word offered.

import assert from "node:assert/strict";
import { copyFileSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { after, before, test } from "node:test";
import { LanguageServer } from "./server.mjs";
import { alternatives, descriptions, places, words } from "./walk.mjs";

const ROOT = process.env.REPOSITORY;
const EXAMPLE = join(ROOT, "examples/01-mulesoft-contacts/gatewright.yaml");

/** Each schema with the name of the documents it is for. */
const SCHEMAS = [
  { file: join(ROOT, "schemas/gatewright.v1.json"), name: "gatewright.yaml" },
  { file: join(ROOT, "schemas/include.v1.json"), name: "included.yaml" },
];

let server;

before(async () => {
  server = await LanguageServer.start(Object.fromEntries(SCHEMAS.map(({ file, name }) => [`file://${file}`, name])));
});

after(() => server.stop());

const read = (file) => readFileSync(file, "utf8");

/** Lists the files of a folder and below that end in `.yaml`, sorted. */
function yamls(folder) {
  const files = readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true });
  const found = files.filter((file) => file.isFile() && file.name.endsWith(".yaml"));
  return found.map((file) => join(file.parentPath, file.name)).sort();
}

test("valid files show no problem", async () => {
  const examples = yamls("examples").filter((file) => basename(file) === "gatewright.yaml");
  assert.ok(examples.length >= 3, "the examples are there");
  for (const file of [...examples, ...yamls("tests/fixtures/config/valid")]) {
    assert.deepEqual(await server.problems("gatewright.yaml", read(file)), [], file);
  }
});

test("included files have a schema of their own", async () => {
  const included = yamls("examples/03-environments/apis");
  assert.ok(included.length >= 2, "the example includes files");
  for (const file of included) {
    assert.deepEqual(await server.problems("included.yaml", read(file)), [], file);
  }
  const [problem] = await server.problems("included.yaml", "roles: {}\ntenant: { subdomain: acme }\n");
  assert.equal(problem, "2: Property tenant is not allowed.");
});

test("files of invalid form show a problem", async () => {
  for (const file of yamls("tests/fixtures/config/invalid/schema")) {
    assert.notDeepEqual(await server.problems("gatewright.yaml", read(file)), [], file);
  }
});

test("a file can name the schema itself", async () => {
  const folder = mkdtempSync(join(tmpdir(), "gatewright-"));
  try {
    copyFileSync(SCHEMAS[0].file, join(folder, ".gatewright.schema.json"));
    const text = "# yaml-language-server: $schema=.gatewright.schema.json\nversion: 1\ntenat: {}\n";
    const found = await server.problems("any-name.yaml", text, folder);
    assert.ok(found.includes("3: Property tenat is not allowed."), found.join("\n"));
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("a misspelt key is flagged at its line", async () => {
  const text = read(EXAMPLE).replace("redirect_uris:", "redirect_uri:");
  const line = text.split("\n").findIndex((line) => line.includes("redirect_uri:")) + 1;
  assert.deepEqual(await server.problems("gatewright.yaml", text), [`${line}: Property redirect_uri is not allowed.`]);
});

/** Returns the example up to a line of an app that holds `text`, and the text for the cursor. */
function exampleUpTo(text, cursor) {
  const lines = read(EXAMPLE).split("\n");
  const line = lines.findIndex((line) => line.includes(text));
  assert.ok(line > 0, `the example holds ${text}`);
  return [...lines.slice(0, line), cursor].join("\n");
}

test("the example's app completes", async () => {
  const keys = await server.completions("gatewright.yaml", exampleUpTo("token_endpoint_auth_method", "    "));
  assert.ok(keys.includes("token_endpoint_auth_method"), keys.join(" "));
  const line = "    token_endpoint_auth_method: ";
  const values = await server.completions("gatewright.yaml", exampleUpTo("token_endpoint_auth_method", line));
  assert.deepEqual(values.filter((value) => ["basic", "post", "none"].includes(value)).sort(), ["basic", "none", "post"]);
});

for (const { file, name } of SCHEMAS) {
  const schema = JSON.parse(read(file));
  const all = places(schema);
  const missing = async (look) => {
    const found = [];
    for (const place of all) {
      const said = await look(place, [...place.lines, place.first || place.indent].join("\n"));
      if (said !== undefined) found.push(`${place.path}: ${said}`);
    }
    return found;
  };

  test(`${basename(file)}: every key is offered at its place`, async () => {
    assert.ok(all.length > 60, `${all.length} keys`);
    const offers = new Map();
    const found = await missing(async ({ key }, text) => {
      if (!offers.has(text)) offers.set(text, await server.completions(name, text));
      return offers.get(text).includes(key) ? undefined : `not among ${offers.get(text).join(" ")}`;
    });
    assert.deepEqual(found, []);
  });

  test(`${basename(file)}: every word of a value is offered`, async () => {
    let asked = 0;
    const found = await missing(async ({ key, schema: value }, text) => {
      const expected = words(schema, value).map(String);
      if (expected.length === 0) return undefined;
      asked += expected.length;
      const offered = await server.completions(name, `${text}${key}: `);
      const lacking = expected.filter((word) => !offered.includes(word));
      return lacking.length > 0 ? `${lacking.join(" ")} not among ${offered.join(" ")}` : undefined;
    });
    assert.deepEqual(found, []);
    assert.ok(asked > 20, `${asked} words`);
  });

  test(`${basename(file)}: a variable may stand for every word and number`, async () => {
    let asked = 0;
    const found = await missing(async ({ key, schema: value, path }, text) => {
      const types = alternatives(schema, value).map(({ type }) => type);
      const isScalar = types.includes("integer") || types.includes("boolean") || words(schema, value).length > 0;
      if (!isScalar || path === "version") return undefined;
      asked += 1;
      const problems = await server.problems(name, `${text}${key}: ${"${mine}"}`);
      const line = text.split("\n").length;
      const here = problems.filter((problem) => problem.startsWith(`${line}: `) && !problem.includes("Missing"));
      return here.length > 0 ? here.join(" ") : undefined;
    });
    assert.deepEqual(found, []);
    assert.ok(asked > 10, `${asked} keys`);
  });

  test(`${basename(file)}: every key is described, and shown with its description`, async () => {
    const plain = (text) => text.replace(/&nbsp;|[\s\\]+/g, "");
    const found = await missing(async ({ key, schema: value }, text) => {
      const [said] = descriptions(schema, value);
      if (!said) return "has no description";
      const shown = await server.hover(name, `${text}${key}: `);
      return plain(shown).includes(plain(said)) ? undefined : `shows ${JSON.stringify(shown)}`;
    });
    assert.deepEqual(found, []);
  });
}
