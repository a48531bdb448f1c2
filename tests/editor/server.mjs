// YAML's language server as an editor runs it: a child process that is spoken to over its standard streams.

import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import rpc from "vscode-jsonrpc/node.js";

const SERVER = createRequire(import.meta.url).resolve("yaml-language-server/bin/yaml-language-server");

/** How long an answer may take; the server does its first work when the first document is opened. */
const PATIENCE_MS = 60_000;

export class LanguageServer {
  #process;
  #connection;
  #settings;
  #documents = 0;
  #waiting = new Map();

  /** Starts a server with these schemas: URL to the names of the documents it is for. */
  static async start(schemas) {
    const server = new LanguageServer();
    server.#settings = {
      yaml: { schemas, schemaStore: { enable: false }, validate: true, completion: true, hover: true },
    };
    await server.#connect();
    return server;
  }

  async #connect() {
    this.#process = spawn(process.execPath, [SERVER, "--stdio"], { stdio: ["pipe", "pipe", "inherit"] });
    this.#connection = rpc.createMessageConnection(
      new rpc.StreamMessageReader(this.#process.stdout),
      new rpc.StreamMessageWriter(this.#process.stdin),
    );
    this.#connection.onRequest("workspace/configuration", ({ items }) =>
      items.map(({ section }) => this.#settings[section] ?? {}),
    );
    this.#connection.onRequest("client/registerCapability", () => null);
    this.#connection.onNotification("textDocument/publishDiagnostics", ({ uri, diagnostics }) => {
      this.#waiting.get(uri)?.(diagnostics);
    });
    this.#connection.listen();
    await this.#connection.sendRequest("initialize", {
      processId: process.pid,
      rootUri: null,
      workspaceFolders: null,
      capabilities: {
        workspace: { configuration: true, didChangeConfiguration: { dynamicRegistration: true } },
        textDocument: {
          completion: { completionItem: { snippetSupport: true, documentationFormat: ["markdown", "plaintext"] } },
          hover: { contentFormat: ["markdown", "plaintext"] },
          publishDiagnostics: { relatedInformation: true },
        },
      },
    });
    await this.#connection.sendNotification("initialized", {});
    await this.#connection.sendNotification("workspace/didChangeConfiguration", { settings: this.#settings });
  }

  /** Opens a document of that name in a folder of its own or in one that is there; returns what is wrong with it. */
  async open(name, text, folder = `/editor/${(this.#documents += 1)}`) {
    const uri = `file://${folder}/${name}`;
    const diagnostics = within(
      PATIENCE_MS,
      `diagnostics of ${name}`,
      new Promise((resolve) => this.#waiting.set(uri, resolve)),
    );
    await this.#connection.sendNotification("textDocument/didOpen", {
      textDocument: { uri, languageId: "yaml", version: 1, text },
    });
    return { uri, diagnostics: await diagnostics };
  }

  /** Returns what is wrong with a text, each as `line: message`, lines counted from 1. */
  async problems(name, text, folder) {
    const { diagnostics } = await this.open(name, text, folder);
    return diagnostics.map(({ range, message }) => `${range.start.line + 1}: ${message}`);
  }

  /** Returns what is offered at the end of a text. */
  async completions(name, text) {
    const { uri } = await this.open(name, text);
    const lines = text.split("\n");
    const position = { line: lines.length - 1, character: lines.at(-1).length };
    const answer = await this.#ask("textDocument/completion", { textDocument: { uri }, position });
    return (answer?.items ?? answer ?? []).map(({ label }) => label);
  }

  /** Returns what is shown of the last word of a text that stands before a colon. */
  async hover(name, text) {
    const { uri } = await this.open(name, text);
    const lines = text.split("\n");
    const position = { line: lines.length - 1, character: lines.at(-1).search(/[^\s-]/) + 1 };
    const answer = await this.#ask("textDocument/hover", { textDocument: { uri }, position });
    return answer?.contents?.value ?? "";
  }

  async #ask(method, params) {
    return within(PATIENCE_MS, method, this.#connection.sendRequest(method, params));
  }

  async stop() {
    await this.#ask("shutdown");
    await this.#connection.sendNotification("exit");
    this.#connection.dispose();
    this.#process.kill();
  }
}

/** Waits for a promise, and fails where that takes too long. */
async function within(milliseconds, what, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${milliseconds} ms: ${what}`)), milliseconds);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
