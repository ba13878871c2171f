import { splitFlag } from '../syntax/profile-head.ts';
import { defineCheck } from './check.ts';
import { headVariables, type Symbols } from './symbols.ts';

/** Paths in the head of a profile are absolute once variables are expanded; the parser checks those without. */
export const attachment = defineCheck({
  diagnostics: {},
  create: ({ symbols }, report) => ({
    profile({ profile: { attachment, flags }, unit }) {
      if (attachment?.value.startsWith('@')) {
        const wrong = relativeValue(attachment.value, symbols);
        if (wrong !== undefined) {
          report(
            unit,
            'attachment',
            attachment,
            `${attachment.text} expands to "${wrong}", which is not an absolute path.`,
            { expected: 'values that start with /', parsers: 'accept' },
          );
        }
      }
      for (const flag of flags?.values ?? []) {
        const { name, value } = splitFlag(flag.value);
        if (!name.startsWith('attach_disconnected.') || !value?.startsWith('@')) continue;
        const wrong = relativeValue(value, symbols);
        if (wrong !== undefined) {
          report(
            unit,
            'profile-flags',
            flag,
            `${value} expands to "${wrong}", which is not an absolute path.`,
            { expected: 'values that start with /' },
          );
        }
      }
    },
  }),
});

/** How many values of a variable are tried. */
const maxValues = 1000;

/** A value of the variable at the start of a text with which the text is no absolute path. */
function relativeValue(text: string, symbols: Symbols): string | undefined {
  const close = text.indexOf('}');
  const name = text.slice(2, close);
  const values = symbols.variables.get(name)?.values;
  if (!values || !symbols.resolve(name, headVariables).ok) return undefined;
  return values
    .slice(0, maxValues)
    .flatMap((value) => {
      const expanded = symbols.expand(value, headVariables);
      return expanded.ok
        ? [expanded.text + (expanded.text === '' ? text.slice(close + 1) : '')]
        : [];
    })
    .find((value) => !startsAbsolute(value));
}

/** A path from the root; one that starts with alternatives is taken to be one. */
function startsAbsolute(text: string): boolean {
  return text.startsWith('/') || text.startsWith('{');
}
