import { Hono } from 'hono';
import { listChannels } from '../../db/channels.ts';
import { listKeys } from '../../db/keys.ts';
import { findProfile, listProfiles } from '../../db/profiles.ts';
import { findContent, findVersion, listVersions } from '../../db/versions.ts';
import { anonymous } from '../../db/viewer.ts';
import type { Env } from '../deps.ts';
import { findingsOf } from '../findings.ts';
import { ListPage } from './list.tsx';
import { MissingPage } from './missing.tsx';
import { ProfilePage } from './profile.tsx';
import { style } from './style.ts';

/** How many profiles a page lists. */
const pageSize = 50;

/** The web pages, rendered on the server; they work without scripts. */
export const catalog = new Hono<Env>();

catalog.get('/', async (c) => {
  // A cut may leave half of a surrogate pair, which no database can be asked for.
  const query = (c.req.query('q') ?? '').trim().slice(0, 200).toWellFormed();
  const [team, name] = (c.req.query('after') ?? '').split('/');
  const found = await listProfiles(c.var.deps.db, anonymous, {
    text: query,
    limit: pageSize + 1,
    after: team && name ? { team, name } : undefined,
  });
  const profiles = found.slice(0, pageSize);
  const last = profiles.at(-1);
  const next = found.length > pageSize && last ? `${last.team}/${last.name}` : undefined;
  return c.html(page(<ListPage query={query} profiles={profiles} next={next} />));
});

catalog.get('/p/:team/:name/:version?', async (c) => {
  const { db } = c.var.deps;
  const { team, name, version: asked } = c.req.param();
  const profile = await findProfile(db, anonymous, team, name);
  const version =
    profile && (await findVersion(db, anonymous, team, name, asked ?? profile.latest));
  const text = version && (await findContent(db, version.digest));
  if (!version || text === undefined) {
    const what = `${team}/${name}${asked === undefined ? '' : `@${asked}`}`;
    return c.html(page(<MissingPage what={what} />), 404);
  }
  const [versions, channels, keys] = await Promise.all([
    listVersions(db, profile.id),
    listChannels(db, profile.id),
    listKeys(db, team),
  ]);
  const { diagnostics, needs, unseen } = findingsOf(version.digest, name, text);
  return c.html(
    page(
      <ProfilePage
        team={team}
        name={name}
        version={version}
        latest={profile.latest}
        versions={versions}
        channels={channels}
        keys={keys}
        text={text}
        diagnostics={diagnostics}
        needs={needs}
        unseen={unseen}
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
  return `<!doctype html>${content}`;
}
