import { Hono } from 'hono';
import { lastProfileId, listForSitemap } from '../../db/sitemap.ts';
import { originOf } from '../origin.ts';
import type { Env } from '../ports.ts';
import { ProblemError } from '../problem.ts';
import { escapeXml } from './xml.ts';

/** The small files that browsers, crawlers and researchers look for. */
export const siteFiles = new Hono<Env>();

/** The number of profiles in a sitemap, and of sitemaps in the index (sitemaps.org allows 50,000 of each). */
const profilesPerSitemap = 2_000;
const maxSitemaps = 50_000;

const xml = { 'Content-Type': 'application/xml; charset=utf-8' };
const namespace = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"';

siteFiles.get('/robots.txt', (c) =>
  // Comparisons may have to be computed, and the API has nothing for readers (RFC 9309).
  c.text(`User-agent: *
Disallow: /p/*/*/compare
Disallow: /sign-in
Disallow: /manage
Disallow: /v1/
Sitemap: ${originOf(c)}/sitemap.xml
`),
);

siteFiles.get('/sitemap.xml', async (c) => {
  const origin = escapeXml(originOf(c));
  const last = await lastProfileId(c.var.deps.db);
  const count = Math.min(maxSitemaps, Math.max(1, Math.ceil(last / profilesPerSitemap)));
  const all = Array.from(
    { length: count },
    (_, at) => `<sitemap><loc>${origin}/sitemap/${at}.xml</loc></sitemap>\n`,
  );
  return c.body(
    `<?xml version="1.0" encoding="utf-8"?>
<sitemapindex ${namespace}>
${all.join('')}</sitemapindex>
`,
    200,
    xml,
  );
});

siteFiles.get('/sitemap/:file{(?:0|[1-9][0-9]{0,4})\\.xml}', async (c) => {
  const origin = escapeXml(originOf(c));
  const at = Number.parseInt(c.req.param('file'), 10);
  const range = { after: at * profilesPerSitemap, upTo: (at + 1) * profilesPerSitemap };
  const found = await listForSitemap(c.var.deps.db, range);
  const fixed = at === 0 ? ['/', '/teams', '/log', '/explain', '/playground', '/docs'] : [];
  return c.body(
    `<?xml version="1.0" encoding="utf-8"?>
<urlset ${namespace}>
${fixed.map((path) => `<url><loc>${origin}${path}</loc></url>\n`).join('')}${found
  .map(
    ({ team, name, publishedAt }) =>
      `<url><loc>${origin}/p/${escapeXml(`${team}/${name}`)}</loc><lastmod>${escapeXml(publishedAt)}</lastmod></url>\n`,
  )
  .join('')}</urlset>
`,
    200,
    xml,
  );
});

/** How long a security.txt is valid, in days; RFC 9116 recommends less than a year. */
const validDays = 90;

siteFiles.get('/.well-known/security.txt', (c) => {
  const { securityContacts = [], now, publicUrl } = c.var.deps;
  if (securityContacts.length === 0) {
    throw new ProblemError('not-found', 'The operator has set no contact for security.');
  }
  // The same all day, and so is its ETag.
  const expires = now();
  expires.setUTCHours(0, 0, 0, 0);
  expires.setUTCDate(expires.getUTCDate() + validDays);
  return c.text(
    [
      ...securityContacts.map((contact) => `Contact: ${contact}`),
      `Expires: ${expires.toISOString()}`,
      ...(publicUrl === undefined ? [] : [`Canonical: ${originOf(c)}/.well-known/security.txt`]),
      '',
    ].join('\n'),
  );
});

siteFiles.get('/favicon.svg', (c) =>
  c.body(
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">
<path d="M16 2 4 6.5V15c0 7.2 5 12.6 12 15 7-2.4 12-7.8 12-15V6.5z" fill="#0b5cad"/>
<path d="m10 16 4.5 4.5L22.5 12" fill="none" stroke="#fff" stroke-width="3.2" stroke-linecap="round" stroke-linejoin="round"/>
</svg>
`,
    200,
    { 'Content-Type': 'image/svg+xml', 'Cache-Control': 'public, max-age=86400' },
  ),
);
