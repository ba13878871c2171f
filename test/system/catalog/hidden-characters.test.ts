// Invisible and bidirectional control characters are spelt out wherever the catalog shows untrusted text.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sha256 } from '../../../trust/index.ts';
import {
  createPublisher,
  expectStatus,
  manifest,
  type Publisher,
  profileText,
  send,
  signDraft,
} from '../../publisher.ts';
import { runtimes, type TestRegistry } from '../../runtimes.ts';

const codes = [
  ...[0xad, 0x61c, 0x180e, 0x200b, 0x200c, 0x200d, 0x200e, 0x200f, 0x202a, 0x202b, 0x202c, 0x202d],
  ...[0x202e, 0x2060, 0x2061, 0x2064, 0x2066, 0x2067, 0x2068, 0x2069, 0xfeff, 0x115f, 0x2800],
  0xe0041,
];
const all = codes.map((code) => `${String.fromCodePoint(code)}x`).join('');

const [runtime] = runtimes;
if (!runtime) throw new Error('there is no runtime');

describe('the catalog', () => {
  let registry: TestRegistry;
  let library: Publisher;
  const base = '/v1/profiles/library/turned';

  beforeAll(async () => {
    registry = await runtime.start();
    library = await createPublisher(registry, 'library');
    const readme = `# About ${all}\n\n${codes.map((code) => `&#x${code.toString(16)};y`).join('')} \`${all}\`\n\n[link](https://example.org "${all}")\n`;
    const ownManifest = {
      ...manifest,
      description: `Described ${all}`,
      readme: await sha256(new TextEncoder().encode(readme)),
    };
    const text = `${profileText('turned')}# comment ${all}\n# blank \u00a0 end\r\n`;
    const draft = { name: 'turned', version: '1.0.0', text, manifest: ownManifest };
    const envelope = await signDraft(library, draft);
    const body = { profile: text, envelope, readme };
    await expectStatus(201, send(registry, 'PUT', `${base}/versions/1.0.0`, body, library.token));
    const yank = { reason: `Yanked ${all}` };
    await send(registry, 'POST', `${base}/versions/1.0.0/yank`, yank, library.token);
  });
  afterAll(() => registry.close());

  const page = async (path: string) => (await registry.fetch(path)).text();
  /** A page without the values of its input fields. */
  const withoutFields = (html: string) => html.replace(/<input[^>]*>/g, '');

  test.each(['/p/library/turned/1.0.0', '/', `/?q=${encodeURIComponent(`turned ${all}`)}`])(
    '%s spells out each of them',
    async (path) => {
      const html = withoutFields(await page(path));
      expect(html).toContain('turned');
      for (const code of codes) {
        expect(html).not.toContain(String.fromCodePoint(code));
        expect(html).toContain(`\\u{${code.toString(16)}}`);
      }
    },
  );

  test('a yank reason is spelt out', async () => {
    expect(await page('/p/library/turned/1.0.0')).toContain(
      'Yanked <span class="unseen">\\u{ad}</span>x',
    );
  });

  test('are marked in text and spelt out in a title', async () => {
    const html = await page('/p/library/turned/1.0.0');
    const marked = (code: number) => `<span class="unseen">\\u{${code.toString(16)}}</span>x`;
    const line = codes.map(marked).join('');
    expect(html).toContain(`<p>Described ${line}</p>`);
    expect(html).toContain(`# comment ${line}`);
    expect(html).toContain('# blank <span class="unseen">\\u{a0}</span> end</span>');
    expect(html).toContain(`About ${line}</h1>`);
    expect(html).toContain(`<code>${line}</code>`);
    const found = await page(`/?q=${encodeURIComponent(all)}`);
    const [, title = ''] = /<title>(.*?)<\/title>/s.exec(found) ?? [];
    expect(title).toContain('\\u{202e}x');
    expect(title).not.toContain('<');
  });

  test('are refused in a rule', async () => {
    for (const code of codes) {
      const text = profileText('refused').replace('/** r', `/**${String.fromCodePoint(code)} r`);
      const draft = { name: 'refused', version: '1.0.0', text };
      const body = { profile: text, envelope: await signDraft(library, draft) };
      const path = '/v1/profiles/library/refused/versions/1.0.0';
      const response = await send(registry, 'PUT', path, body, library.token);
      expect(response.status).toBe(422);
      expect(await response.text()).toContain('invisible-character');
    }
  });

  test('visible letters and marks are unchanged', async () => {
    const text = `${profileText('seen')}# жпт 日本 é ü ↔ <b> & "x"\n`;
    const ownManifest = { ...manifest, description: 'Größe 日本 — “x” & <b>' };
    const draft = { name: 'seen', version: '1.0.0', text, manifest: ownManifest };
    const body = { profile: text, envelope: await signDraft(library, draft) };
    const path = '/v1/profiles/library/seen/versions/1.0.0';
    await expectStatus(201, send(registry, 'PUT', path, body, library.token));
    const html = await page('/p/library/seen');
    expect(html).toContain('# жпт 日本 é ü ↔ &lt;b&gt; &amp;');
    expect(html).toContain('Größe 日本 — “x” &amp; &lt;b&gt;');
    expect(html).not.toContain('class="unseen"');
  });
});
