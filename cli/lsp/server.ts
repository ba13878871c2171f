// The language server: the state of a session with an editor, and which module handles which request.
import {
  createConnection,
  DiagnosticSeverity,
  type Diagnostic as EditorDiagnostic,
  type InitializeResult,
  TextDocumentSyncKind,
  TextDocuments,
} from 'vscode-languageserver/node';
import { TextDocument } from 'vscode-languageserver-textdocument';
import manifest from '../../package.json' with { type: 'json' };
import { isSdkError } from '../../sdk/error.ts';
import { type PolicyOptions, policyOptions } from '../target-base.ts';
import type { Io } from '../terminal/io.ts';
import { editorDiagnostics, lintOpen } from './diagnostics.ts';
import { openFile } from './open-file.ts';
import { readSettings, type Settings, section } from './settings.ts';

/** How long after the last change a file is linted, in milliseconds: a pause between words. */
const pause = 200;

/**
 * Serves one editor on standard input and output until it says `exit` or closes them. The library then ends the process, as
 * the protocol demands: with 0 after `shutdown`, with 1 without.
 */
export function serveEditor(io: Io, options: Settings): Promise<never> {
  const connection = createConnection(io.stdin as NodeJS.ReadStream, io.stdout);
  const documents = new TextDocuments(TextDocument);
  let settings = options;
  let pulls = false;
  /** What all files share; made anew when what was read of included files may have changed. */
  let policy: Promise<PolicyOptions> | undefined;
  const noted = new Set<string>();
  const waiting = new Map<string, NodeJS.Timeout>();

  const note = (line: string) => {
    if (!noted.has(line)) connection.console.info(line);
    noted.add(line);
  };
  /** A mistake of this program with one file must not end the session. */
  const report = (error: unknown) => connection.console.error(String(error));
  const current = async (document: TextDocument) => {
    policy ??= policyOptions({ ...io, note }, { ...settings, offline: true });
    return openFile(document, await policy);
  };
  /** The diagnostics of a file; what it includes may exceed the limits, which others must not pay for. */
  const diagnose = async (document: TextDocument): Promise<EditorDiagnostic[]> => {
    try {
      const open = await current(document);
      return editorDiagnostics(open, await lintOpen(open));
    } catch (error) {
      if (!isSdkError(error)) throw error;
      policy = undefined;
      const start = { line: 0, character: 0 };
      return [
        {
          ...{ range: { start, end: start }, severity: DiagnosticSeverity.Error },
          ...{ source: section, code: error.code, message: error.message },
        },
      ];
    }
  };
  const publish = async (uri: string) => {
    waiting.delete(uri);
    const document = documents.get(uri);
    if (!document) return;
    const { version } = document;
    const diagnostics = await diagnose(document);
    if (documents.get(uri)?.version !== version) return;
    await connection.sendDiagnostics({ uri, version, diagnostics });
  };
  const publishSoon = (uri: string, delay = pause) => {
    clearTimeout(waiting.get(uri));
    waiting.set(
      uri,
      setTimeout(() => publish(uri).catch(report), delay),
    );
  };
  const refresh = () => {
    policy = undefined;
    for (const uri of documents.keys()) publishSoon(uri, 0);
  };
  const configure = (sent: unknown) => {
    const { settings: read, error } = readSettings(sent, options);
    if (error !== undefined) connection.window.showErrorMessage(error);
    settings = read;
    refresh();
  };

  connection.onInitialize(({ initializationOptions, capabilities }): InitializeResult => {
    pulls = capabilities.workspace?.configuration === true;
    const { settings: read, error } = readSettings(initializationOptions, options);
    if (error !== undefined) connection.window.showErrorMessage(error);
    settings = read;
    return {
      serverInfo: { name: 'aa-registry', version: manifest.version },
      capabilities: {
        textDocumentSync: {
          openClose: true,
          change: TextDocumentSyncKind.Incremental,
          save: { includeText: false },
        },
      },
    };
  });
  connection.onDidChangeConfiguration(async ({ settings: sent }) => {
    configure(pulls ? await connection.workspace.getConfiguration(section) : sent?.[section]);
  });
  connection.onDidChangeWatchedFiles(refresh);
  documents.onDidChangeContent(({ document }) =>
    publishSoon(document.uri, document.version <= 1 ? 0 : pause),
  );
  // It may be included by others.
  documents.onDidSave(refresh);
  documents.onDidClose(({ document: { uri } }) => {
    clearTimeout(waiting.get(uri));
    waiting.delete(uri);
    void connection.sendDiagnostics({ uri, diagnostics: [] });
  });
  documents.listen(connection);
  connection.listen();
  return new Promise(() => {});
}
