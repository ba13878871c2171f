import { Hono } from 'hono';
import { ProfileQuery } from '../../contract/profile.ts';
import { type Filters, findProfiles } from '../../db/search.ts';
import { viewer } from '../auth/identify.ts';
import { decodeCursor, encodeCursor } from '../page.ts';
import type { Env } from '../ports.ts';
import { ProfilePlace } from '../routes/profiles.ts';
import { badges } from './badges.ts';
import { comparePages } from './compare.tsx';
import { explain } from './explain.tsx';
import { feeds } from './feeds.ts';
import { toHtml } from './html.ts';
import { ListPage } from './list.tsx';
import { logPages } from './log.tsx';
import { playground } from './playground.tsx';
import { profilePages } from './profile-pages.tsx';
import { scripts } from './scripts.ts';
import { identifyReader, readerOf, session } from './session.tsx';
import { siteFiles } from './site-files.ts';
import { style } from './style.ts';
import { teamPages } from './teams.tsx';

/** The number of profiles on a page. */
const pageSize = 50;

/** The web pages, rendered on the server; they work without scripts. */
export const catalog = new Hono<Env>();

catalog.route('/', session);
catalog.route('/', explain);
catalog.route('/', feeds);
catalog.route('/', badges);
catalog.route('/', siteFiles);
catalog.route('/', scripts);
catalog.route('/', comparePages);
catalog.route('/', profilePages);
catalog.route('/', teamPages);
catalog.route('/', logPages);
catalog.route('/', playground);

catalog.get('/', identifyReader, async (c) => {
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

catalog.get('/catalog.css', (c) =>
  c.body(style, 200, {
    'Content-Type': 'text/css; charset=utf-8',
    'Cache-Control': 'public, max-age=300',
  }),
);
