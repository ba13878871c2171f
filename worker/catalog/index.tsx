import { Hono } from 'hono';
import { ProfileQuery, VariantQuery } from '../../contract/profile.ts';
import { findShownVersion } from '../../db/profile-page.ts';
import { type Filters, findProfiles } from '../../db/search.ts';
import { isVersion, precedenceKey } from '../../trust/index.ts';
import { analysisOf } from '../analysis/version.ts';
import { viewer } from '../auth/identify.ts';
import { decodeCursor, encodeCursor } from '../page.ts';
import type { Env } from '../ports.ts';
import { ProfilePlace } from '../routes/profiles.ts';
import { explain } from './explain.tsx';
import { toHtml } from './html.ts';
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
catalog.route('/', explain);
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
    toHtml(
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
  const { deps } = c.var;
  const { team, name, version: selector } = c.req.param();
  const below = c.req.query('below');
  const before = below !== undefined && isVersion(below) ? precedenceKey(below) : undefined;
  const variant = VariantQuery.shape.release.safeParse(c.req.query('variant')).data;
  const path = { team, name, selector, variant };
  const found = await findShownVersion(deps.db, viewer(c), path, {
    limit: maxVersions + 1,
    before,
  });
  if (!found) {
    const what = `${team}/${name}${selector === undefined ? '' : `@${selector}`}`;
    return c.html(toHtml(<MissingPage what={what} reader={readerOf(c)} />), 404);
  }
  const { profile, version, versions, channels, keys, at, text, summary } = found;
  return c.html(
    toHtml(
      <ProfilePage
        team={team}
        name={name}
        profile={profile}
        reader={readerOf(c)}
        version={version}
        latest={profile.latest}
        versions={versions.slice(0, maxVersions)}
        older={versions.length > maxVersions}
        channels={channels}
        keys={keys}
        at={at}
        text={text}
        summary={summary}
        analysis={await analysisOf(deps, team, name, found)}
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
