// The language server: the state of a session with an editor, and which module handles which request.
import {
  createConnection,
  DiagnosticSeverity,
  type Diagnostic as EditorDiagnostic,
  type InitializeResult,
  MessageType,
  ShowMessageNotification,
  type TextDocumentPositionParams,
  TextDocumentSyncKind,
  TextDocuments,
} from 'vscode-languageserver/node';
import { TextDocument } from 'vscode-languageserver-textdocument';
import manifest from '../../package.json' with { type: 'json' };
import { isSdkError } from '../../sdk/error.ts';
import { type PolicyOptions, policyOptions } from '../target-base.ts';
import type { Io } from '../terminal/io.ts';
import { codeActionKinds, codeActions } from './code-actions.ts';
import { codeLenses, differences, differencesCommand, resolvedLens } from './code-lens.ts';
import { completion } from './completion.ts';
import { editorDiagnostics, fixedOpen, lintedOpen } from './diagnostics.ts';
import { documentSymbols } from './document-symbols.ts';
import { formatting } from './formatting.ts';
import { hover } from './hover.ts';
import { definition, documentLinks, references, renamable, rename } from './navigation.ts';
import { type OpenFile, openFile } from './open-file.ts';
import { readSettings, type Settings, section } from './settings.ts';

/** How long after the last change a file is linted, in milliseconds: a pause between words. */
const pause = 200;

/** The parameters of a request about a file, from its URI as the editor gives it back. */
const about = (uri: unknown) => ({ textDocument: { uri: String(uri) } });

/** A function of an offset as one of a position. */
const at =
  <Result>(handle: (open: OpenFile, offset: number) => Result) =>
  (open: OpenFile, { position }: TextDocumentPositionParams) =>
    handle(open, open.document.offsetAt(position));

/**
 * Serves one editor on standard input and output until it says `exit` or closes them. The library then ends the process, as
 * the protocol demands: with 0 after `shutdown`, with 1 without.
 */
export function serveEditor(io: Io, options: Settings): Promise<never> {
  const connection = createConnection(io.stdin as NodeJS.ReadStream, io.stdout);
  const documents = new TextDocuments(TextDocument);
  /** The options with what the editor said at the start. */
  let initial = options;
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
  const show = (message: string, type: MessageType = MessageType.Error) =>
    connection.sendNotification(ShowMessageNotification.type, { type, message }).catch(report);
  const current = async (document: TextDocument) => {
    policy ??= policyOptions({ ...io, note }, { ...settings, offline: true });
    return openFile(document, await policy);
  };
  /** The diagnostics of a file; what it includes may exceed the limits, which others must not pay for. */
  const diagnose = async (document: TextDocument): Promise<EditorDiagnostic[]> => {
    try {
      const open = await current(document);
      return editorDiagnostics(open, await lintedOpen(open));
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
  /** Handles a request about an open file; nothing for others, or if what it includes exceeds the limits. */
  const on =
    <Params extends { textDocument: { uri: string } }, Result>(
      handle: (open: OpenFile, params: Params) => Result | Promise<Result>,
    ) =>
    async (params: Params): Promise<Result | null> => {
      const document = documents.get(params.textDocument.uri);
      if (!document) return null;
      try {
        return await handle(await current(document), params);
      } catch (error) {
        if (!isSdkError(error)) throw error;
        policy = undefined;
        return null;
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
    const { settings: read, error } = readSettings(sent, initial);
    if (error !== undefined) show(error);
    settings = read;
    refresh();
  };
  const pullSettings = () =>
    connection.workspace.getConfiguration(section).then(configure).catch(report);

  connection.onInitialize(({ initializationOptions, capabilities }): InitializeResult => {
    pulls = capabilities.workspace?.configuration === true;
    configure(initializationOptions);
    initial = settings;
    return {
      serverInfo: { name: 'aa-registry', version: manifest.version },
      capabilities: {
        textDocumentSync: {
          openClose: true,
          change: TextDocumentSyncKind.Incremental,
          save: { includeText: false },
        },
        codeActionProvider: { codeActionKinds },
        documentFormattingProvider: true,
        documentSymbolProvider: true,
        hoverProvider: true,
        definitionProvider: true,
        referencesProvider: true,
        renameProvider: { prepareProvider: true },
        documentLinkProvider: {},
        codeLensProvider: { resolveProvider: true },
        executeCommandProvider: { commands: [differencesCommand] },
        completionProvider: { triggerCharacters: ['/', '<', '"', '{', '(', '='] },
      },
    };
  });
  connection.onInitialized(() => (pulls ? pullSettings() : undefined));
  connection.onDidChangeConfiguration(({ settings: sent }) =>
    pulls ? pullSettings() : configure(sent?.[section]),
  );
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
  connection.onCodeAction(
    on(async (open, params) =>
      codeActions(open, params, await lintedOpen(open), () => fixedOpen(open)),
    ),
  );
  connection.onDocumentFormatting(on(formatting));
  connection.onDocumentSymbol(on(documentSymbols));
  connection.onHover(on(at(hover)));
  connection.onDefinition(on(at(definition)));
  connection.onReferences(
    on((open, { position, context }) =>
      references(open, open.document.offsetAt(position), context.includeDeclaration),
    ),
  );
  connection.onPrepareRename(on(at(renamable)));
  connection.onRenameRequest(
    on((open, { position, newName }) => rename(open, open.document.offsetAt(position), newName)),
  );
  connection.onDocumentLinks(on(documentLinks));
  connection.onCompletion(on(at((open, offset) => completion(open, offset, settings))));
  connection.onCodeLens(on(codeLenses));
  connection.onCodeLensResolve(
    async (lens) => (await on((open) => resolvedLens(open, lens))(about(lens.data))) ?? lens,
  );
  connection.onExecuteCommand(async ({ command, arguments: [uri] = [] }) => {
    if (command !== differencesCommand) return null;
    const text = await on(differences)(about(uri));
    if (text !== null) show(text, MessageType.Info);
    return text;
  });
  documents.listen(connection);
  connection.listen();
  return new Promise(() => {});
}
