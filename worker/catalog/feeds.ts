import { type Context, Hono } from 'hono';
import { type FeedVersion, listRecentVersions } from '../../db/feeds.ts';
import { originOf } from '../origin.ts';
import type { Env } from '../ports.ts';
import { ProblemError } from '../problem.ts';
import { escapeXml } from './xml.ts';

/** The number of versions in a feed. */
const maxEntries = 30;

/** What a feed is about: all profiles, those of a team, or one. */
interface Subject {
  team?: string;
  name?: string;
}

/** Atom feeds (RFC 4287) of the newest public versions, the same for every reader. */
export const feeds = new Hono<Env>();

feeds.get('/feed.atom', (c) => feed(c, {}));
feeds.get('/t/:team/feed.atom', (c) => feed(c, c.req.param()));
feeds.get('/p/:team/:name/feed.atom', (c) => feed(c, c.req.param()));

async function feed(c: Context<Env>, subject: Subject) {
  const { db, log } = c.var.deps;
  const versions = await listRecentVersions(db, subject, maxEntries);
  // A private profile looks like one that does not exist; so does a team without public versions.
  if (versions.length === 0 && subject.team !== undefined) {
    const what = [subject.team, subject.name].filter(Boolean).join('/');
    throw new ProblemError('not-found', `${what} has no public version.`);
  }
  const body = render(subject, versions, {
    origin: originOf(c),
    path: c.req.path,
    // The log's name and key id identify the registry wherever it is served.
    registry: log.verifier.split('+').slice(0, 2).join('+'),
  });
  return c.body(body, 200, { 'Content-Type': 'application/atom+xml; charset=utf-8' });
}

function render(
  { team, name }: Subject,
  versions: readonly FeedVersion[],
  place: { origin: string; path: string; registry: string },
): string {
  const origin = escapeXml(place.origin);
  const registry = escapeXml(encodeURI(place.registry));
  const title = name === undefined ? (team ?? 'All profiles') : `${team}/${name}`;
  const page =
    name === undefined ? (team === undefined ? '/' : `/t/${team}`) : `/p/${team}/${name}`;
  const entries = versions.map((one) => {
    const path = `${one.team}/${one.name}`;
    const yanked = one.yankReason === null ? '' : ' (yanked)';
    return `<entry>
  <id>urn:aa-registry:${registry}:version:${one.logIndex}</id>
  <title>${escapeXml(`${path} ${one.version}${yanked}`)}</title>
  <link rel="alternate" type="text/html" href="${origin}/p/${escapeXml(path)}/${escapeXml(one.version)}"/>
  <published>${escapeXml(one.publishedAt)}</published>
  <updated>${escapeXml(one.publishedAt)}</updated>
  <author><name>${escapeXml(one.team)}</name></author>
  <summary>${escapeXml(one.description)}</summary>
</entry>
`;
  });
  return `<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom">
<id>urn:aa-registry:${registry}:feed:${escapeXml(encodeURI(title))}</id>
<title>${escapeXml(`${title} · aa-registry`)}</title>
<link rel="self" type="application/atom+xml" href="${origin}${escapeXml(place.path)}"/>
<link rel="alternate" type="text/html" href="${origin}${escapeXml(page)}"/>
<updated>${escapeXml(versions[0]?.publishedAt ?? '1970-01-01T00:00:00.000Z')}</updated>
${entries.join('')}</feed>
`;
}
