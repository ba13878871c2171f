// A headless editor: a client of the Language Server Protocol that runs `aa-registry lsp` as editors do.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { pathToFileURL } from 'node:url';
import {
  type ClientCapabilities,
  createMessageConnection,
  type Diagnostic,
  DidChangeTextDocumentNotification,
  DidCloseTextDocumentNotification,
  DidOpenTextDocumentNotification,
  ExitNotification,
  InitializedNotification,
  InitializeRequest,
  type InitializeResult,
  type MessageConnection,
  PublishDiagnosticsNotification,
  type PublishDiagnosticsParams,
  ShutdownRequest,
  StreamMessageReader,
  StreamMessageWriter,
  type TextEdit,
} from 'vscode-languageserver-protocol/node';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { launcher } from '../../cli/cli.ts';

export interface EditorOptions {
  args?: string[];
  settings?: unknown;
  capabilities?: ClientCapabilities;
  /** Answers requests of the server. */
  answer?: (connection: MessageConnection) => void;
}

/** A running editor with its server. */
export interface Editor {
  connection: MessageConnection;
  initialized: InitializeResult;
  /** Opens a file with this text; the path need not exist. Returns its first diagnostics. */
  open: (path: string, text: string) => Promise<Diagnostic[]>;
  /** Replaces the first occurrence of a text by an incremental change; returns the diagnostics of the new text. */
  change: (path: string, from: string, to: string) => Promise<Diagnostic[]>;
  /** The diagnostics that arrive next for the current text. */
  diagnostics: (path: string) => Promise<Diagnostic[]>;
  close: (path: string) => void;
  document: (path: string) => TextDocument;
  /** Ends the session; returns the exit code of the server. */
  end: () => Promise<number | null>;
}

export const uriOf = (path: string) => pathToFileURL(path).href;

/** Starts `aa-registry lsp --stdio` and initializes it. */
export async function startEditor(options: EditorOptions = {}): Promise<Editor> {
  const { args = [], settings, capabilities = {} } = options;
  const child = spawn(launcher, ['lsp', '--stdio', ...args], {
    env: { PATH: process.env.PATH, HOME: '/nonexistent' },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const connection = createMessageConnection(
    new StreamMessageReader(child.stdout),
    new StreamMessageWriter(child.stdin),
  );
  const documents = new Map<string, TextDocument>();
  const published = new Map<string, PublishDiagnosticsParams>();
  const waiting = new Map<string, () => void>();
  connection.onNotification(PublishDiagnosticsNotification.type, (params) => {
    published.set(params.uri, params);
    waiting.get(params.uri)?.();
  });
  options.answer?.(connection);
  connection.listen();
  const initialized = await connection.sendRequest(InitializeRequest.type, {
    ...{ processId: process.pid, rootUri: null, capabilities },
    ...(settings !== undefined && { initializationOptions: settings }),
  });
  await connection.sendNotification(InitializedNotification.type, {});

  const diagnostics = async (path: string): Promise<Diagnostic[]> => {
    const uri = uriOf(path);
    for (;;) {
      const found = published.get(uri);
      if (found && found.version === documents.get(uri)?.version) {
        published.delete(uri);
        return found.diagnostics;
      }
      await new Promise<void>((resolve) => waiting.set(uri, resolve));
    }
  };
  const document = (path: string): TextDocument => {
    const found = documents.get(uriOf(path));
    if (!found) throw new Error(`${path} is not open`);
    return found;
  };
  return {
    connection,
    initialized,
    diagnostics,
    document,
    open: async (path, text) => {
      const uri = uriOf(path);
      documents.set(uri, TextDocument.create(uri, 'apparmor', 1, text));
      await connection.sendNotification(DidOpenTextDocumentNotification.type, {
        textDocument: { uri, languageId: 'apparmor', version: 1, text },
      });
      return diagnostics(path);
    },
    change: async (path, from, to) => {
      const before = document(path);
      const start = before.getText().indexOf(from);
      if (start < 0) throw new Error(`${path} has no ${from}`);
      const range = {
        start: before.positionAt(start),
        end: before.positionAt(start + from.length),
      };
      const changes = [{ range, text: to }];
      const version = before.version + 1;
      const text = TextDocument.applyEdits(before, [{ range, newText: to }]);
      documents.set(before.uri, TextDocument.create(before.uri, 'apparmor', version, text));
      await connection.sendNotification(DidChangeTextDocumentNotification.type, {
        textDocument: { uri: before.uri, version },
        contentChanges: changes,
      });
      return diagnostics(path);
    },
    close: (path) => {
      documents.delete(uriOf(path));
      void connection.sendNotification(DidCloseTextDocumentNotification.type, {
        textDocument: { uri: uriOf(path) },
      });
    },
    end: async () => {
      const closed = once(child, 'close');
      await connection.sendRequest(ShutdownRequest.type);
      await connection.sendNotification(ExitNotification.type);
      const [code] = await closed;
      connection.dispose();
      return code as number | null;
    },
  };
}

/** The text of a range. */
export const textAt = (document: TextDocument, range: Diagnostic['range']) =>
  document.getText(range);

/** The text after edits. */
export const applied = (document: TextDocument, edits: TextEdit[] | null | undefined) =>
  TextDocument.applyEdits(document, edits ?? []);
