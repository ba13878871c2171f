import { Hono } from 'hono';
import { ProfileName, TeamName } from '../../contract/name.ts';
import { findShownTeam, listTeams, type ShownTeam } from '../../db/team-page.ts';
import type { Team } from '../../db/teams.ts';
import { roleIn } from '../auth/caller.ts';
import { viewer } from '../auth/identify.ts';
import type { Env, Reader } from '../ports.ts';
import { Command } from './command.tsx';
import { toHtml } from './html.ts';
import { Layout } from './layout.tsx';
import { Entries } from './log.tsx';
import { MissingPage } from './missing.tsx';
import { Day, Profiles } from './profiles.tsx';
import { identifyReader, readerOf } from './session.tsx';

/** The number of teams, or of a team's profiles and log entries, on a page. */
const pageSize = 50;

/** The number of log entries on a team's page. */
const maxEntries = 20;

/** The list of teams, and a page for each. */
export const teamPages = new Hono<Env>();

teamPages.get('/teams', identifyReader, async (c) => {
  const after = TeamName.safeParse(c.req.query('after')).data;
  const found = await listTeams(c.var.deps.db, viewer(c), { after, limit: pageSize + 1 });
  const teams = found.slice(0, pageSize);
  return c.html(
    toHtml(<ListPage teams={teams} more={found.length > pageSize} reader={readerOf(c)} />),
  );
});

teamPages.get('/t/:team', identifyReader, async (c) => {
  const name = c.req.param('team');
  const after = ProfileName.safeParse(c.req.query('after')).data;
  const page = { after, limit: pageSize + 1 };
  const found = await findShownTeam(c.var.deps.db, viewer(c), name, page);
  if (!found) {
    return c.html(toHtml(<MissingPage what={`team ${name}`} reader={readerOf(c)} />), 404);
  }
  const isMember = roleIn(c.var.caller, name) !== undefined;
  return c.html(toHtml(<TeamPage {...found} reader={readerOf(c)} isMember={isMember} />));
});

function ListPage(props: { teams: Team[]; more: boolean; reader: Reader | undefined }) {
  const { teams } = props;
  return (
    <Layout title="Teams · aa-registry" reader={props.reader} path="/teams">
      <h1>Teams</h1>
      {teams.length === 0 ? (
        <p class="soft">No team has published a profile yet.</p>
      ) : (
        <ul class="profiles">
          {teams.map(({ name, createdAt }) => (
            <li>
              <a href={`/t/${name}`}>{name}</a>{' '}
              <span class="soft">
                since <Day at={createdAt} />
              </span>
            </li>
          ))}
        </ul>
      )}
      {props.more && (
        <p>
          <a href={`/teams?after=${teams.at(-1)?.name}`} rel="next">
            More teams
          </a>
        </p>
      )}
    </Layout>
  );
}

/** A team's page: its profiles, its keys and how to trust them, and its newest entries of the log. */
function TeamPage(props: ShownTeam & { reader: Reader | undefined; isMember: boolean }) {
  const { team, keys } = props;
  const { name } = team;
  const profiles = props.profiles.slice(0, pageSize);
  const entries = props.entries.slice(0, maxEntries);
  const valid = keys.filter(({ revokedAt }) => revokedAt === null);
  return (
    <Layout
      title={`${name} · aa-registry`}
      reader={props.reader}
      path={`/t/${name}`}
      description={`AppArmor profiles of ${name}`}
      feed={{ path: `/t/${name}/feed.atom`, title: `Versions of ${name}` }}
    >
      <h1>{name}</h1>
      <p class="soft">
        Team since <Day at={team.createdAt} />
        {team.versionPolicy === 'semver' && '; a version that permits more is a new major version'}
        {props.isMember && (
          <>
            {' · '}
            <a href={`/manage/t/${name}`}>Manage</a>
          </>
        )}
      </p>

      <h2>Profiles</h2>
      {profiles.length === 0 ? <p class="soft">No profiles.</p> : <Profiles profiles={profiles} />}
      {props.profiles.length > pageSize && (
        <p>
          <a href={`/t/${name}?after=${profiles.at(-1)?.name}`} rel="next">
            More profiles
          </a>
        </p>
      )}

      <h2 id="keys">Keys</h2>
      {valid.length > 0 && (
        <>
          <p>
            To trust profiles of this team on a host, add its keys. Compare the key ids that the
            command shows with those that the team publishes elsewhere; this page is no proof.
          </p>
          <Command text={`sudo aa-registry trust add ${name}`} />
        </>
      )}
      {keys.length === 0 ? (
        <p class="soft">No keys.</p>
      ) : (
        <ul>
          {keys.map(({ keyId, label, createdAt, revokedAt }) => (
            <li class="key">
              {label} <code>{keyId}</code>{' '}
              <span class="soft">
                since <Day at={createdAt} />
              </span>
              {revokedAt !== null && (
                <strong class="error">
                  {' '}
                  revoked <Day at={revokedAt} />
                </strong>
              )}
            </li>
          ))}
        </ul>
      )}

      <h2>Activity</h2>
      <Entries entries={entries} />
      {props.entries.length > maxEntries && (
        <p>
          <a href={`/log?team=${name}`}>All entries</a>
        </p>
      )}
    </Layout>
  );
}
