import { type Diagnostic, toDiagnostics } from './diagnostics.ts';
import { packageDiagnostics } from './package-diagnostics.ts';
import { hiddenCharacters, spell } from './visible.ts';

/** How many characters are reported of one text. */
const maxReported = 20;

/**
 * Emoji, which are made with invisible characters: variation selectors, joiners, and the tags of flags (UTS 51, ED-15a and
 * following).
 */
const emoji =
  /\p{Extended_Pictographic}\p{Emoji_Modifier}?\ufe0f?(?:\u200d\p{Extended_Pictographic}\p{Emoji_Modifier}?\ufe0f?)*[\u{e0020}-\u{e007f}]*|[0-9#*]\ufe0f\u20e3/gu;

/**
 * Warnings about characters in a package's README or manifest that are not seen, or that turn the text around. `part` is
 * what the text is, and `file` where it stands, if in a file.
 */
export function hiddenTextDiagnostics(
  part: 'README' | 'manifest',
  text: string,
  file?: string,
): Diagnostic[] {
  const seen = text.replace(emoji, (found) => ' '.repeat(found.length));
  const diagnostics = [];
  for (const { start, character } of hiddenCharacters(seen)) {
    if (/[\t\n\r]/.test(character)) continue;
    if (diagnostics.length === maxReported) break;
    diagnostics.push({
      id: 'hidden-text',
      message: `In the ${part}: ${spell(character)} is invisible or changes how the text around it is read.`,
      start,
      end: start + character.length,
      expected: 'text without it',
    });
  }
  return toDiagnostics(diagnostics, text, () => packageDiagnostics['hidden-text'].severity, file);
}
