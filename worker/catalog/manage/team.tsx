import type { Context } from 'hono';
import { ProfilePage } from '../../../contract/profile.ts';
import { MemberList, Team } from '../../../contract/team.ts';
import { TokenPage } from '../../../contract/token.ts';
import { TrustedPublisherList } from '../../../contract/trusted-publisher.ts';
import { WebhookList } from '../../../contract/webhook.ts';
import type { Env, Reader } from '../../ports.ts';
import { Day } from '../profiles.tsx';
import type { Place } from './action.ts';
import type { ApiCalls } from './api.ts';
import { ActionLink, Part, PlacePage, Tokens } from './lists.tsx';
import { teamActions } from './team-actions.ts';

/** The number of profiles and tokens that the page lists. */
const maxListed = 100;

/** What the page of a team shows; `undefined` where the reader may not see it, or the team does not exist. */
export async function readTeam(api: ApiCalls, c: Context<Env>, team: string) {
  const path = `/teams/${encodeURIComponent(team)}`;
  const limit = `limit=${maxListed}`;
  const [found, members, publishers, webhooks, tokens, profiles] = await Promise.all([
    api.read(c, path, Team),
    api.read(c, `${path}/members`, MemberList),
    api.read(c, `${path}/trusted-publishers`, TrustedPublisherList),
    api.read(c, `${path}/webhooks`, WebhookList),
    api.read(c, `/tokens?team=${encodeURIComponent(team)}&${limit}`, TokenPage),
    api.read(c, `/profiles?team=${encodeURIComponent(team)}&${limit}`, ProfilePage),
  ]);
  return found && { team: found, members, publishers, webhooks, tokens, profiles };
}

/** The page on which owners manage a team, and its publishers find its profiles. */
export function TeamManagementPage(
  props: NonNullable<Awaited<ReturnType<typeof readTeam>>> & {
    isOwner: boolean;
    done: string | undefined;
    reader: Reader;
  },
) {
  const { team, members, publishers, webhooks, tokens, profiles, isOwner } = props;
  const place: Place = { team: team.name };
  return (
    <PlacePage place={place} actions={teamActions} done={props.done} reader={props.reader}>
      <p>
        <a href={`/t/${team.name}`}>The team’s public page</a>. Version policy: {team.versionPolicy}
        {isOwner && (
          <>
            {'. '}
            <ActionLink place={place} id="set-policy">
              Change
            </ActionLink>
          </>
        )}
      </p>
      <Part
        title="Profiles"
        heads={['Name', 'Latest']}
        none="No profiles."
        rows={(profiles?.items ?? []).map(({ name, latest }) => (
          <tr>
            <td>
              <a href={`/manage/p/${team.name}/${name}`}>{name}</a>
            </td>
            <td>{latest}</td>
            <td />
          </tr>
        ))}
      />
      {members && (
        <Part
          title="Members"
          heads={['User', 'Role', 'Since']}
          none="No members: an administrator manages the team."
          rows={members.items.map(({ user, role, createdAt }) => (
            <tr>
              <td>{user}</td>
              <td>{role}</td>
              <td>
                <Day at={createdAt} />
              </td>
              <td>
                {isOwner && (
                  <ActionLink place={place} id="remove-member" given={{ user }} on={user}>
                    Remove
                  </ActionLink>
                )}
              </td>
            </tr>
          ))}
        >
          {isOwner && (
            <ActionLink place={place} id="set-member">
              Add a member or change a role
            </ActionLink>
          )}
        </Part>
      )}
      <Part
        title="Keys"
        heads={['Name', 'Key', 'Since']}
        none="No keys."
        rows={team.keys.map(({ label, keyId, createdAt, revokedAt }) => (
          <tr>
            <td>{label}</td>
            <td>
              <code title={keyId}>{keyId.slice(0, 19)}…</code>
            </td>
            <td>
              <Day at={createdAt} />
            </td>
            <td>
              {revokedAt !== null ? (
                <span class="soft">revoked</span>
              ) : (
                isOwner && (
                  <ActionLink place={place} id="revoke-key" given={{ keyId }} on={label}>
                    Revoke
                  </ActionLink>
                )
              )}
            </td>
          </tr>
        ))}
      >
        {isOwner && (
          <ActionLink place={place} id="add-key">
            Register a key
          </ActionLink>
        )}
      </Part>
      {tokens && <Tokens place={place} tokens={tokens.items} />}
      {webhooks && (
        <Part
          title="Webhooks"
          heads={['URL', 'Since']}
          none="No webhooks."
          rows={webhooks.items.map(({ id, url, createdAt }) => (
            <tr>
              <td>{url}</td>
              <td>
                <Day at={createdAt} />
              </td>
              <td>
                <ActionLink place={place} id="remove-webhook" given={{ id: String(id) }} on={url}>
                  Remove
                </ActionLink>
              </td>
            </tr>
          ))}
        >
          <ActionLink place={place} id="add-webhook">
            Add a webhook
          </ActionLink>
        </Part>
      )}
      {publishers && (
        <Part
          title="Trusted publishers"
          heads={['Repository', 'Branch', 'Limited to']}
          none="No trusted publishers."
          rows={publishers.items.map(({ id, issuer, repository, branch, environment, profile }) => (
            <tr>
              <td>
                {repository} <span class="soft">{issuer}</span>
              </td>
              <td>{branch}</td>
              <td>{[environment, profile].filter((one) => one !== null).join(', ') || '–'}</td>
              <td>
                {isOwner && (
                  <ActionLink
                    place={place}
                    id="remove-publisher"
                    given={{ id: String(id) }}
                    on={repository}
                  >
                    Remove
                  </ActionLink>
                )}
              </td>
            </tr>
          ))}
        >
          {isOwner && (
            <ActionLink place={place} id="add-publisher">
              Add a trusted publisher
            </ActionLink>
          )}
        </Part>
      )}
    </PlacePage>
  );
}
