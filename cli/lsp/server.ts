// The language server: what it announces, and which module handles which request.
import {
  createConnection,
  type InitializeResult,
  MessageType,
  type TextDocumentPositionParams,
  TextDocumentSyncKind,
} from 'vscode-languageserver/node';
import manifest from '../../package.json' with { type: 'json' };
import type { Io } from '../terminal/io.ts';
import { codeActionKinds, codeActions } from './code-actions.ts';
import { codeLenses, differences, differencesCommand, resolvedLens } from './code-lens.ts';
import { completion } from './completion.ts';
import { fixedOpen, lintedOpen } from './diagnostics.ts';
import { documentSymbols } from './document-symbols.ts';
import { formatting } from './formatting.ts';
import { hover } from './hover.ts';
import { definition, documentLinks, references, renamable, rename } from './navigation.ts';
import type { OpenFile } from './open-file.ts';
import { openSession } from './session.ts';
import { type Settings, section } from './settings.ts';

const capabilities: InitializeResult['capabilities'] = {
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
};

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
  const session = openSession(connection, io, options);
  const { on, settings, configure, report } = session;

  /** Whether the editor is asked for settings; others send them. */
  let pulls = false;
  const pull = () => connection.workspace.getConfiguration(section).then(configure).catch(report);
  connection.onInitialize(({ initializationOptions, capabilities: { workspace } }) => {
    pulls = workspace?.configuration === true;
    session.initialize(initializationOptions);
    return { serverInfo: { name: 'aa-registry', version: manifest.version }, capabilities };
  });
  connection.onInitialized(() => (pulls ? pull() : undefined));
  connection.onDidChangeConfiguration((params) =>
    pulls ? pull() : configure(params.settings?.[section]),
  );

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
  connection.onCompletion(on(at((open, offset) => completion(open, offset, settings()))));
  connection.onCodeLens(on(codeLenses));
  connection.onCodeLensResolve(
    async (lens) => (await on((open) => resolvedLens(open, lens))(about(lens.data))) ?? lens,
  );
  connection.onExecuteCommand(async ({ command, arguments: [uri] = [] }) => {
    if (command !== differencesCommand) return null;
    const text = await on(differences)(about(uri));
    if (text !== null) session.show(text, MessageType.Info);
    return text;
  });
  connection.listen();
  return new Promise(() => {});
}
