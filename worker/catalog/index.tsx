import { Hono } from 'hono';
import { ProfileQuery } from '../../contract/profile.ts';
import { listChannels } from '../../db/channels.ts';
import { listKeys } from '../../db/keys.ts';
import { findProfile, visibleReplacement } from '../../db/profiles.ts';
import { type Filters, findProfiles } from '../../db/search.ts';
import { findAnalysedVersion, findContent, listVersions } from '../../db/versions.ts';
import { isVersion, precedenceKey } from '../../trust/index.ts';
import { analysisOf } from '../analysis/version.ts';
import { viewer } from '../auth/identify.ts';
import { decodeCursor, encodeCursor } from '../page.ts';
import type { Env } from '../ports.ts';
import { ProfilePlace } from '../routes/profiles.ts';
import { revealHidden } from './hidden-characters.ts';
import { ListPage } from './list.tsx';
import { MissingPage } from './missing.tsx';
import { ProfilePage } from './profile.tsx';
import { identifyReader, readerOf, session } from './session.tsx';
import { style } from './style.ts';

/** The number of profiles on a page. */
const pageSize = 50;

/** The maximum number of versions on a profile's page. */
const maxVersions = 100;

/** The web pages, rendered on the server; they work without scripts. */
export const catalog = new Hono<Env>();

catalog.route('/', session);
catalog.get('/', identifyReader);
catalog.get('/p/*', identifyReader);

catalog.get('/', async (c) => {
  const parameters = c.req.query();
  // Truncation may leave an unpaired surrogate, which a database can't store.
  const q = (parameters.q ?? '').trim().slice(0, 200).toWellFormed();
  // Invalid and empty filters, from broken links or empty form fields, are ignored.
  const filters = Object.fromEntries(
    (['team', 'image', 'tag', 'capability', 'grade'] as const).flatMap((name) => {
      const { data } = ProfileQuery.shape[name].safeParse(parameters[name] || undefined);
      return data === undefined ? [] : [[name, data]];
    }),
  ) as Filters;
  const found = await findProfiles(c.var.deps.db, viewer(c), {
    ...filters,
    text: q,
    limit: pageSize,
    after: placeOf(parameters.cursor),
  });
  const next = found.next && encodeCursor(found.next);
  const query = { ...filters, q };
  const { items, similar } = found;
  return c.html(
    page(
      <ListPage
        query={query}
        profiles={items}
        similar={similar}
        next={next}
        reader={readerOf(c)}
      />,
    ),
  );
});

/** The place where a page begins; `undefined`, the start, for an invalid cursor. */
function placeOf(cursor: string | undefined) {
  try {
    return cursor ? decodeCursor(ProfilePlace, cursor) : undefined;
  } catch {
    return undefined;
  }
}

catalog.get('/p/:team/:name/:version?', async (c) => {
  const { db } = c.var.deps;
  const { team, name, version: requested } = c.req.param();
  const profile = await findProfile(db, viewer(c), team, name);
  const found =
    profile && (await findAnalysedVersion(db, viewer(c), team, name, requested ?? profile.latest));
  const version = found?.version;
  const text = version && (await findContent(db, version.digest));
  if (!found || !version || text === undefined) {
    const what = `${team}/${name}${requested === undefined ? '' : `@${requested}`}`;
    return c.html(page(<MissingPage what={what} reader={readerOf(c)} />), 404);
  }
  const below = c.req.query('below');
  const before = below !== undefined && isVersion(below) ? precedenceKey(below) : undefined;
  const [analysis, versions, channels, keys, replacement] = await Promise.all([
    analysisOf(c.var.deps, team, name, found),
    listVersions(db, profile.id, { limit: maxVersions + 1, before }),
    listChannels(db, profile.id),
    listKeys(db, team),
    visibleReplacement(db, viewer(c), profile),
  ]);
  return c.html(
    page(
      <ProfilePage
        team={team}
        name={name}
        profile={{ ...profile, replacement }}
        reader={readerOf(c)}
        version={version}
        latest={profile.latest}
        versions={versions.slice(0, maxVersions)}
        older={versions.length > maxVersions}
        channels={channels}
        keys={keys}
        text={text}
        analysis={analysis}
      />,
    ),
  );
});

catalog.get('/catalog.css', (c) =>
  c.body(style, 200, {
    'Content-Type': 'text/css; charset=utf-8',
    'Cache-Control': 'public, max-age=300',
  }),
);

function page(content: unknown): string {
  return `<!doctype html>${revealHidden(String(content))}`;
}
