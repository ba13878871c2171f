import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { lintGutter, lintKeymap, type Diagnostic as Mark, setDiagnostics } from '@codemirror/lint';
import type { Text } from '@codemirror/state';
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightSpecialChars,
  keymap,
  lineNumbers,
} from '@codemirror/view';
import type { Diagnostic } from '../../policy/index.ts';
import { hiddenInLines, spell, visibleLine } from '../../policy/visible.ts';
import { element } from '../element.ts';

/** The playground's editor. */
export interface Editor {
  text: () => string;
  /** Replaces the text, as a change that can be undone. */
  replace: (text: string) => void;
  /** Marks diagnostics of the current text. */
  mark: (diagnostics: readonly Diagnostic[]) => void;
  /** Moves the cursor to a line, from 1. */
  goTo: (line: number) => void;
}

/** In the page's colours, whose variables a shadow tree inherits. */
const theme = EditorView.theme({
  '&': { border: '1px solid var(--edge)', borderRadius: '0.4rem', color: 'var(--ink)' },
  '&.cm-focused': { outline: '2px solid var(--link)' },
  '.cm-scroller': { fontFamily: 'ui-monospace, monospace', fontSize: '0.9rem', maxHeight: '60vh' },
  '.cm-content, .cm-gutter': { minHeight: '16rem', caretColor: 'var(--ink)' },
  '.cm-cursor': { borderLeftColor: 'var(--ink)' },
  '.cm-gutters': { background: 'var(--raised)', color: 'var(--soft)', borderColor: 'var(--edge)' },
  '.cm-activeLine': { background: 'color-mix(in srgb, var(--link) 8%, transparent)' },
  '.cm-selectionBackground, &.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground':
    { background: 'color-mix(in srgb, var(--link) 30%, transparent)' },
  '.cm-tooltip, .cm-panels': { background: 'var(--raised)', color: 'var(--ink)' },
  '.cm-diagnosticAction': { background: 'var(--link)', color: 'var(--paper)' },
});

/**
 * Makes an editor in an element. It is in a shadow tree, where CodeMirror uses constructed style sheets: the page's
 * Content-Security-Policy refuses the style elements that it would otherwise add.
 */
export function createEditor(place: HTMLElement, text: string, onChange: () => void): Editor {
  const root = place.attachShadow({ mode: 'open' });
  const view = new EditorView({
    root,
    parent: root,
    doc: text,
    extensions: [
      lineNumbers(),
      lintGutter(),
      history(),
      drawSelection(),
      // A link's text may look like another one.
      highlightSpecialChars({ specialChars: hiddenInLines, render: spelt }),
      highlightActiveLine(),
      EditorView.lineWrapping,
      // Tab moves the focus on, as elsewhere on the page.
      keymap.of([...defaultKeymap, ...historyKeymap, ...lintKeymap]),
      EditorView.contentAttributes.of({ 'aria-label': 'Profile', spellcheck: 'false' }),
      EditorView.updateListener.of(({ docChanged }) => docChanged && onChange()),
      theme,
    ],
  });
  return {
    text: () => view.state.doc.toString(),
    replace: (next) =>
      view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: next } }),
    mark: (diagnostics) =>
      view.dispatch(
        setDiagnostics(
          view.state,
          diagnostics.map((one) => toMark(one, view.state.doc)),
        ),
      ),
    goTo: (line) => {
      const { from } = view.state.doc.line(Math.min(line, view.state.doc.lines));
      view.dispatch({ selection: { anchor: from }, scrollIntoView: true });
      view.focus();
    },
  };
}

/** What is shown in the place of a character that is not seen, or makes others be seen differently. */
function spelt(code: number, description: string | null): HTMLElement {
  const attributes = { class: 'cm-specialChar', title: description ?? '' };
  return element('span', attributes, spell(String.fromCodePoint(code)));
}

/** A diagnostic of a text as CodeMirror has it. Its fix does nothing once the text has changed. */
function toMark({ span, severity, message, suggestion, fix }: Diagnostic, text: Text): Mark {
  return {
    from: Math.min(span.start.offset, text.length),
    to: Math.min(span.end.offset, text.length),
    severity,
    message: visibleLine(suggestion ? `${message} ${suggestion}` : message),
    actions: fix ? [{ name: 'Fix', apply: (view) => applyFix(view, fix, text) }] : [],
  };
}

function applyFix(
  view: EditorView,
  { span, text: insert }: NonNullable<Diagnostic['fix']>,
  text: Text,
): void {
  if (!view.state.doc.eq(text)) return;
  view.dispatch({ changes: { from: span.start.offset, to: span.end.offset, insert } });
}
