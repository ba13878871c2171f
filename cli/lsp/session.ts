// The state of a session with an editor: its files, its settings, and the diagnostics that it is to be sent.
import {
  type Connection,
  DiagnosticSeverity,
  type Diagnostic as EditorDiagnostic,
  MessageType,
  ShowMessageNotification,
  TextDocuments,
} from 'vscode-languageserver/node';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { isSdkError } from '../../sdk/error.ts';
import { type PolicyOptions, policyOptions } from '../target-base.ts';
import type { Io } from '../terminal/io.ts';
import { editorDiagnostics, lintedOpen } from './diagnostics.ts';
import { type OpenFile, openFile } from './open-file.ts';
import { readSettings, type Settings, section } from './settings.ts';

/** The most characters of a file that is read, several times what a registry takes: a longer one would occupy the server. */
const maxText = 1_000_000;

/** How long after the last change a file is linted, in milliseconds: a pause between words. */
const pause = 200;

/** A request about a file. */
interface FileParams {
  textDocument: { uri: string };
}

export interface Session {
  /** The settings that count now. */
  settings: () => Settings;
  /** Takes settings that the editor sent; what it leaves out is as it was at the start. */
  configure: (sent: unknown) => void;
  /** As `configure`, at the start. */
  initialize: (sent: unknown) => void;
  /** Handles a request about an open file; nothing for other files, or if it or what it includes exceeds the limits. */
  on: <Params extends FileParams, Result>(
    handle: (open: OpenFile, params: Params) => Result | Promise<Result>,
  ) => (params: Params) => Promise<Result | null>;
  /** Shows a message in the editor. */
  show: (message: string, type: MessageType) => void;
  /** Logs an error: a mistake of this program with one file must not end the session. */
  report: (error: unknown) => void;
}

/** Follows the files that are open in the editor, and sends it their diagnostics. */
export function openSession(connection: Connection, io: Io, options: Settings): Session {
  const documents = new TextDocuments(TextDocument);
  /** The options with what the editor said at the start. */
  let initial = options;
  let settings = options;
  /** State shared by all files; rebuilt when included files may have changed. */
  let policy: Promise<PolicyOptions> | undefined;
  const noted = new Set<string>();
  const waiting = new Map<string, NodeJS.Timeout>();

  const report = (error: unknown) => connection.console.error(String(error));
  const show = (message: string, type: MessageType) =>
    connection.sendNotification(ShowMessageNotification.type, { type, message }).catch(report);
  const note = (line: string) => {
    if (!noted.has(line)) connection.console.info(line);
    noted.add(line);
  };

  /** Does something with a file; `otherwise` if it or what it includes exceeds the limits, which others must not pay for. */
  const withFile = async <Result, Other>(
    document: TextDocument,
    use: (open: OpenFile) => Result | Promise<Result>,
    otherwise: (error: { code: string; message: string }) => Other,
  ): Promise<Result | Other> => {
    if (document.getText().length > maxText) {
      return otherwise({ code: 'limit', message: `The file has more than ${maxText} characters.` });
    }
    try {
      policy ??= policyOptions({ ...io, note }, { ...settings, offline: true });
      return await use(openFile(document, await policy));
    } catch (error) {
      if (!isSdkError(error)) throw error;
      policy = undefined;
      return otherwise(error);
    }
  };

  const publish = async (uri: string) => {
    waiting.delete(uri);
    const document = documents.get(uri);
    if (!document) return;
    const { version } = document;
    const diagnostics = await withFile(
      document,
      async (open) => editorDiagnostics(open, await lintedOpen(open)),
      (error) => [ofFile(error)],
    );
    if (documents.get(uri)?.version !== version) return;
    await connection.sendDiagnostics({ uri, version, diagnostics });
  };
  const publishSoon = (uri: string, delay = pause) => {
    clearTimeout(waiting.get(uri));
    const timer = setTimeout(() => publish(uri).catch(report), delay);
    waiting.set(uri, timer);
  };
  const refresh = () => {
    policy = undefined;
    for (const uri of documents.keys()) publishSoon(uri, 0);
  };
  const configure = (sent: unknown) => {
    const { settings: read, error } = readSettings(sent, initial);
    if (error !== undefined) show(error, MessageType.Error);
    settings = read;
    refresh();
  };

  // What it includes may have changed since other files were opened.
  documents.onDidOpen(() => {
    policy = undefined;
  });
  documents.onDidChangeContent(({ document: { uri } }) => publishSoon(uri));
  // It may be included by others.
  documents.onDidSave(refresh);
  documents.onDidClose(({ document: { uri } }) => {
    clearTimeout(waiting.get(uri));
    waiting.delete(uri);
    connection.sendDiagnostics({ uri, diagnostics: [] }).catch(report);
  });
  documents.listen(connection);

  return {
    settings: () => settings,
    configure,
    initialize: (sent) => {
      configure(sent);
      initial = settings;
    },
    on: (handle) => async (params) => {
      const document = documents.get(params.textDocument.uri);
      if (!document) return null;
      return withFile(
        document,
        (open) => handle(open, params),
        () => null,
      );
    },
    show,
    report,
  };
}

/** A diagnostic about a file as a whole. */
function ofFile({ code, message }: { code: string; message: string }): EditorDiagnostic {
  const start = { line: 0, character: 0 };
  const range = { start, end: start };
  return { range, severity: DiagnosticSeverity.Error, source: section, code, message };
}
