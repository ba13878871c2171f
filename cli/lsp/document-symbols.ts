// The outline of an open file: profiles, hats and child profiles, variables and booleans.
import { type DocumentSymbol, SymbolKind } from 'vscode-languageserver/node';
import { type Statement, statementsIn } from '../../policy/index.ts';
import { rangeOf } from './diagnostics.ts';
import type { OpenFile } from './open-file.ts';

/** The symbols of a file; those in blocks and conditionals belong to what is around these. */
export function documentSymbols({ document, tree }: OpenFile): DocumentSymbol[] {
  const symbolsIn = (statements: readonly Statement[]): DocumentSymbol[] =>
    statements.flatMap((one) => {
      const range = rangeOf(document, one);
      switch (one.kind) {
        case 'profile':
          return {
            name: one.hat ? `^${one.name.value}` : one.name.value || one.name.text,
            detail: one.attachment?.value ?? '',
            kind: one.hat ? SymbolKind.Method : SymbolKind.Class,
            range,
            selectionRange: rangeOf(document, one.name),
            children: symbolsIn(one.body),
          };
        case 'variable':
        case 'boolean':
          return {
            name: one.nameWord.text,
            kind: one.kind === 'variable' ? SymbolKind.Variable : SymbolKind.Boolean,
            range,
            selectionRange: rangeOf(document, one.nameWord),
          };
        default:
          return symbolsIn(statementsIn(one));
      }
    });
  return symbolsIn(tree.statements);
}
