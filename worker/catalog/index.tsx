import { Hono } from 'hono';
import { findProfiles } from '../../db/search.ts';
import { viewer } from '../auth/identify.ts';
import { encodeCursor } from '../page.ts';
import type { Env } from '../ports.ts';
import { badges } from './badges.ts';
import { comparePages } from './compare.tsx';
import { explain } from './explain.tsx';
import { feeds } from './feeds.ts';
import { HomePage } from './home.tsx';
import { toHtml } from './html.ts';
import { ListPage } from './list.tsx';
import { isNarrowed, placeOf, readListQuery } from './list-query.ts';
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

/** The number of recently published profiles on the first page. */
const recentCount = 8;

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
  const { q, ...query } = readListQuery(parameters);
  const isHome = query.sort === undefined && !isNarrowed({ ...query, q });
  const reader = readerOf(c);
  const found = await findProfiles(c.var.deps.db, viewer(c), {
    ...query,
    ...(isHome && { sort: 'published' }),
    text: q,
    counted: true,
    limit: isHome ? recentCount : pageSize,
    after: isHome ? undefined : placeOf(parameters.cursor),
  });
  if (isHome && found.counts) {
    const { items, counts } = found;
    return c.html(toHtml(<HomePage profiles={items} counts={counts} reader={reader} />));
  }
  const next = found.next && encodeCursor(found.next);
  return c.html(
    toHtml(<ListPage query={{ ...query, q }} found={found} next={next} reader={reader} />),
  );
});

catalog.get('/catalog.css', (c) =>
  c.body(style, 200, {
    'Content-Type': 'text/css; charset=utf-8',
    'Cache-Control': 'public, max-age=300',
  }),
);
