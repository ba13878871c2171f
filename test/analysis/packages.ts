import type { Package } from '../../db/analyses.ts';
import { manifest } from '../publisher.ts';

/** A published package with this text. */
export const packageOf = (text: string, readme?: string): Package => ({
  team: 'library',
  name: 'web',
  manifest,
  text,
  readme,
});

const fill = (size: number, line: (at: number) => string) => {
  let text = '';
  for (let at = 0; text.length + line(at).length <= size; at++) text += line(at);
  return text;
};
const inProfile = (size: number, line: (at: number) => string) =>
  `abi <abi/3.0>,\nprofile web {\n${fill(size - 40, line)}\n}\n`;

/** Texts of up to `size` characters with a large rendered output. */
export const largeTexts: Record<string, (size: number) => string> = {
  'empty lines': (size) => inProfile(size, () => '\n'),
  'lines of one character': (size) => inProfile(size, () => '#\n'),
  'lines to be escaped': (size) => inProfile(size, () => '#<&>\n'),
  'one line to be escaped': (size) => inProfile(size, () => '#&<'.slice(1)),
  'quotes without an end': (size) => inProfile(size, () => '"'),
  'words that are none': (size) => inProfile(size, (at) => `"&<${at} ${'"'.repeat(300)}\n`),
  'characters that are not ASCII': (size) => inProfile(size / 3, () => '# \u0800\u0800\u0800\n'),
  'control characters': (size) => inProfile(size, () => '\u0001\n'),
  'includes of long names': (size) =>
    inProfile(size, (at) => `  include <${at}${'&'.repeat(400)}>\n`),
  'many includes': (size) => inProfile(size, (at) => `  include <a/${at}>\n`),
  'rules that lint warns of': (size) => inProfile(size, (at) => `  /usr/bin/${at} ux,\n`),
};
