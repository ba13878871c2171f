/** READMEs of a given length that are expensive to parse. */
export const hostileReadmes: Record<string, (length: number) => string> = {
  'images in images': (n) => '!['.repeat(n / 2),
  'images in images, closed': (n) => `${'!['.repeat(n / 6)}${'](u)'.repeat(n / 6)}`,
  'links in links': (n) => `${'['.repeat(n / 5)}${'](u)'.repeat(n / 5)}`,
  brackets: (n) => '['.repeat(n),
  'lazy block quotes': (n) => `${'>'.repeat(n / 2)}a\n${'a\n'.repeat(n / 4)}`,
  'lazy lines in nested quotes': (n) => `${'> '.repeat(40)}a\n${'a\n'.repeat(n / 2 - 50)}`,
  'quotes with lists and lazy lines': (n) => '> - a\nb\n'.repeat(n / 8),
  'nested lists': (n) =>
    Array.from({ length: Math.sqrt(n) }, (_, at) => `${' '.repeat(2 * at)}- a\n`).join(''),
  'lists in a row': (n) => '- '.repeat(n / 2),
  emphasis: (n) => '*a **a '.repeat(n / 7),
  'emphasis in emphasis': (n) => '**a '.repeat(n / 8) + ' b**'.repeat(n / 8),
  backticks: (n) =>
    Array.from({ length: Math.sqrt(2 * n) - 2 }, (_, at) => '`'.repeat(at + 1)).join(' '),
  'a table of many columns': (n) => {
    const columns = Math.sqrt(n) / 2;
    return `${'|a'.repeat(columns)}|\n${'|-'.repeat(columns)}|\n${'|\n'.repeat(n / 4)}`;
  },
  'less-than signs': (n) => '<'.repeat(n),
  comments: (n) => '<!--'.repeat(n / 4),
  entities: (n) => '&amp;'.repeat(n / 5),
  'a long address that is referred to often': (n) =>
    `[a]: /${'u'.repeat(n / 2)}\n\n${'[a]'.repeat(n / 6 - 2)}`,
  'a long title that is referred to often': (n) =>
    `[a]: /u "${'&'.repeat(n / 2)}"\n\n${'[a]'.repeat(n / 6 - 4)}`,
  'definitions that are none': (n) => '[a]:\n'.repeat(n / 5),
  'labels without an end': (n) => '[a\n'.repeat(n / 3),
  footnotes: (n) => `[^a]: x\n\n${'[^a]'.repeat(n / 4 - 4)}`,
  addresses: (n) => 'http://a.b '.repeat(n / 11),
  'an address of brackets': (n) => `http://a.b/${'('.repeat(n - 20)}`,
  'mail addresses': (n) => 'a@'.repeat(n / 2),
  'dots before an at': (n) => `${'a.'.repeat(n / 2 - 2)}@b`,
  'headings that are none': (n) => 'a\n=\n'.repeat(n / 4),
  spaces: (n) => `a${' '.repeat(n - 2)}b`,
  'empty lines': (n) => '\n'.repeat(n),
  tildes: (n) => '~~a'.repeat(n / 3),
};
