// The places of a schema: every key with the document that leads to it.

/** Stands for a key of the user's own. */
const OWN_KEY = "mine";

/** Returns every key that a JSON Schema names, each with the lines before it, its indentation and its schema. */
export function places(schema) {
  const found = [];
  visit(schema, schema, { lines: [], indent: "", first: "", path: "" }, found);
  return found;
}

/** Follows references and combinations to the schemas a value may have. */
export function alternatives(root, schema) {
  const own = [schema];
  const referred = schema.$ref ? [resolve(root, schema.$ref)] : [];
  const parts = [...(schema.allOf ?? []), ...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...referred];
  return [...own, ...parts.flatMap((part) => alternatives(root, part))];
}

function resolve(root, reference) {
  return reference.slice(2).split("/").reduce((value, key) => value[key], root);
}

/** The words that a value may be: enumerated ones, constants, and the two booleans. */
export function words(root, schema) {
  return alternatives(root, schema).flatMap((option) => [
    ...(option.enum ?? []),
    ...("const" in option ? [option.const] : []),
    ...(option.type === "boolean" ? [true, false] : []),
  ]);
}

/** The sentences that say what a value is. */
export function descriptions(root, schema) {
  const own = schema.description ? [schema.description] : [];
  if (own.length > 0) return own;
  return alternatives(root, schema).flatMap(({ description }) => (description ? [description] : []));
}

function visit(root, schema, at, found) {
  for (const option of alternatives(root, schema)) {
    for (const [key, value] of Object.entries(option.properties ?? {})) {
      const path = at.path ? `${at.path}.${key}` : key;
      if (found.some((place) => place.path === path)) continue;
      found.push({ key, path, schema: value, ...pick(at) });
      visit(root, value, below(at, key, path), found);
    }
    if (typeof option.additionalProperties === "object") {
      visit(root, option.additionalProperties, below(at, OWN_KEY, `${at.path}.<>`), found);
    }
    if (option.items) {
      visit(root, option.items, item(at), found);
    }
  }
}

function pick({ lines, indent, first }) {
  return { lines, indent, first };
}

/** The place inside the value of a key. */
function below({ lines, indent, first }, key, path) {
  return { lines: [...lines, `${first || indent}${key}:`], indent: `${indent}  `, first: "", path };
}

/** The place inside the first item of a list. */
function item({ lines, indent, path }) {
  return { lines, indent: `${indent}  `, first: `${indent}- `, path: `${path}[]` };
}
