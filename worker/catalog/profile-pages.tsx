import { type Context, Hono } from 'hono';
import { BaseRelease } from '../../contract/base.ts';
import { VariantQuery } from '../../contract/profile.ts';
import { findShownVersion } from '../../db/profile-page.ts';
import { isVersion, precedenceKey } from '../../trust/index.ts';
import { analysisOf } from '../analysis/version.ts';
import { includesRole, roleIn } from '../auth/caller.ts';
import { viewer } from '../auth/identify.ts';
import type { Env } from '../ports.ts';
import { ProblemError } from '../problem.ts';
import { toProfile } from '../routes/profile.ts';
import { toVersion } from '../routes/versions.ts';
import { toHtml } from './html.ts';
import { MissingPage } from './missing.tsx';
import { ProfilePage } from './profile.tsx';
import { preferredType } from './representation.ts';
import { identifyReader, readerOf } from './session.tsx';
import { readUnfolding } from './unfold.ts';
import { maxVersions } from './versions.tsx';

/**
 * The pages of profiles and their versions: /p/team/name, /p/team/name/1.2.0 and /p/team/name@1.2.0. By the Accept header,
 * they are also the API's JSON of the profile or version, and the profile's text.
 */
export const profilePages = new Hono<Env>();

profilePages.use('/p/*', identifyReader);

profilePages.get('/p/:team/:name', (c) => {
  const [name = '', ...selectors] = c.req.param('name').split('@');
  return selectors.length > 1
    ? missing(c, c.req.path.slice('/p/'.length))
    : showProfile(c, { team: c.req.param('team'), name, selector: selectors[0] });
});

profilePages.get('/p/:team/:name/:version', (c) => {
  const { team, name, version } = c.req.param();
  return showProfile(c, { team, name, selector: version });
});

/** What a path names: a profile, or the version of it with a number, a digest or a channel. */
interface Selected {
  team: string;
  name: string;
  selector: string | undefined;
}

async function showProfile(c: Context<Env>, { team, name, selector }: Selected) {
  const { deps } = c.var;
  const type = preferredType(c);
  if (type === 'application/json' && selector === undefined) {
    return c.json(await toProfile(c, team, name));
  }
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
    if (type === 'text/html') return missing(c, what);
    throw new ProblemError('not-found', `${what} does not exist.`);
  }
  if (type === 'text/plain') return c.text(found.text);
  const analysis = await analysisOf(deps, team, name, found);
  if (type === 'application/json') return c.json(toVersion(team, name, found.version, analysis));
  const release = BaseRelease.safeParse(c.req.query('unfold')).data;
  const { profile, version, versions, channels, keys, at, text, summary } = found;
  return c.html(
    toHtml(
      <ProfilePage
        team={team}
        name={name}
        profile={profile}
        reader={readerOf(c)}
        isPublisher={includesRole(roleIn(c.var.caller, team, name), 'publisher')}
        version={version}
        latest={profile.latest}
        versions={versions}
        channels={channels}
        keys={keys}
        at={at}
        text={text}
        summary={summary}
        analysis={analysis}
        unfolding={release && (await readUnfolding(deps, release))}
      />,
    ),
  );
}

function missing(c: Context<Env>, what: string) {
  return c.html(toHtml(<MissingPage what={what} reader={readerOf(c)} />), 404);
}
