import { describe, expect, test } from 'vitest';
import { readmeLimits, renderReadme } from '../../worker/analysis/readme.ts';
import { cost } from '../policy/cpu.ts';
import { hostileReadmes as hostile } from './readmes.ts';

const html = (markdown: string): string => {
  const rendered = renderReadme(markdown);
  if (!rendered.ok) throw new Error(rendered.reason);
  return rendered.html;
};

describe('a README', () => {
  test.each([
    ['# One\n\nTwo **three**', '<h1>One</h1>\n<p>Two <strong>three</strong></p>\n'],
    ['~~no~~', '<p><s>no</s></p>\n'],
    [
      '|a|b|\n|-|-:|\n|1|2|',
      '<table>\n<thead>\n<tr>\n<th>a</th>\n<th align="right">b</th>\n</tr>\n</thead>\n<tbody>\n<tr>\n<td>1</td>\n<td align="right">2</td>\n</tr>\n</tbody>\n</table>\n',
    ],
    ['- [ ] a\n- [x] b', '<ul>\n<li>☐ a</li>\n<li>☑ b</li>\n</ul>\n'],
    [
      'See https://example.org/a?b=c&d and README.md',
      '<p>See <a href="https://example.org/a?b=c&amp;d" rel="nofollow noopener noreferrer">https://example.org/a?b=c&amp;d</a> and README.md</p>\n',
    ],
    ['```sh\nls <a>\n```', '<pre><code class="language-sh">ls &lt;a&gt;\n</code></pre>\n'],
    [
      '![alt "x"](https://example.org/a.png)',
      '<p><a href="https://example.org/a.png" rel="nofollow noopener noreferrer">alt &quot;x&quot;</a></p>\n',
    ],
    [
      '[![build](https://ci.example/b.svg)](https://ci.example/)',
      '<p><a href="https://ci.example/" rel="nofollow noopener noreferrer">build</a></p>\n',
    ],
  ])('%j is %j', (markdown, expected) => {
    expect(html(markdown)).toBe(expected);
  });

  const attacks = [
    '<script>alert(1)</script>',
    '<img src=x onerror=alert(1)>',
    '<a href="javascript:alert(1)">x</a>',
    '[x](javascript:alert(1))',
    '[x](JaVaScRiPt:alert(1))',
    '[x](&#106;avascript:alert(1))',
    '[x](java\\\nscript:alert(1))',
    '[x](<java\tscript:alert(1)>)',
    '[x](\u0001javascript:alert(1))',
    '[x](vbscript:x)',
    '[x](data:text/html;base64,PHNjcmlwdD4=)',
    '![x](data:image/svg+xml;base64,PHN2Zz4=)',
    '![x](https://tracker.example/pixel.png)',
    '<javascript:alert(1)>',
    '[x]: javascript:alert(1)\n\n[x]',
    '[x](https://a.example/"onclick="alert(1))',
    '[x](https://a.example "t" onclick="alert(1)")',
    '![" onerror="alert(1)](https://a.example)',
    '```" onload="alert(1)\nx\n```',
    '|a|\n|:-" onclick="x|\n|b|',
    '[x](blob:https://a.example/1)',
    '[x](//a.example)',
    '<https://a.example/"><script>>',
    '<svg><style>@import url(//a.example)</style></svg>',
    '&lt;script&gt;',
    '[a][<script>]\n\n[<script>]: https://a.example',
  ];

  test.each(attacks)("can't harm readers: %j", (markdown) => {
    const written = html(markdown);
    const tags = written.match(/<[^>]*>/g) ?? [];
    for (const tag of tags) {
      expect(tag).toMatch(
        /^<\/?(?:p|a|h[1-6]|ul|ol|li|pre|code|em|strong|s|br|hr|blockquote|table|thead|tbody|tr|th|td)(?: (?:href|title|rel|class|align|start)="[^"<>]*")*(?: ?\/)?>$/,
      );
      const address = /href="([^"]*)"/.exec(tag)?.[1];
      if (address === undefined) continue;
      expect(address).toMatch(/^(?:https?:|mailto:|[^:]*$|[^:]*[/?#])/);
      expect(tag).toContain('rel="nofollow noopener noreferrer"');
    }
  });
});

describe('a hostile README', () => {
  test.each(Object.entries(hostile))('%s costs little and its HTML is bounded', (_, make) => {
    const length = readmeLimits.length;
    const markdown = make(length).slice(0, length);
    let rendered: ReturnType<typeof renderReadme> | undefined;
    const spent = cost(() => {
      rendered = renderReadme(markdown);
    });
    if (rendered?.ok)
      expect(Buffer.byteLength(rendered.html)).toBeLessThanOrEqual(readmeLimits.html);
    else expect(rendered?.reason).toMatch(/^its? /);
    // In sorts of a hundred thousand paths; a quadratic parser takes a hundred times as long.
    expect(spent).toBeLessThan(15);
  });

  test.each([
    ['a'.repeat(readmeLimits.length + 1), 'characters'],
    [hostile['a long address that is referred to often']?.(40_000) ?? '', 'bytes of HTML'],
    [hostile['lazy lines in nested quotes']?.(60_000) ?? '', 'too complex'],
    [hostile['emphasis in emphasis']?.(1_000) ?? '', 'nested more than'],
    ['> '.repeat(60), 'nested more than'],
    ['- a\n'.repeat(15_000), 'elements'],
  ])('%.30j is refused with the reason', (markdown, why) => {
    expect(renderReadme(markdown)).toEqual({ ok: false, reason: expect.stringContaining(why) });
  });

  test('a plain README of the maximum length stays far below every limit', () => {
    const paragraph = `## A heading\n\nText with *some* [links](https://example.org) and \`code\`, ${'words '.repeat(30)}\n\n- a list\n  - of two\n\n`;
    const markdown = paragraph.repeat(readmeLimits.length / paragraph.length);
    expect(renderReadme(markdown)).toMatchObject({ ok: true });
  });
});
