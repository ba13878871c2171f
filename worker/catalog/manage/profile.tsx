import type { Context } from 'hono';
import { Fleet } from '../../../contract/host.ts';
import { Profile, VersionList } from '../../../contract/profile.ts';
import type { Env, Reader } from '../../ports.ts';
import { Bars } from '../bars.tsx';
import { Day } from '../profiles.tsx';
import type { Place } from './action.ts';
import { type ApiCalls, part } from './api.ts';
import { ActionLink, Part, PlacePage } from './lists.tsx';
import { profileActions } from './profile-actions.ts';

/**
 * What the page of a profile shows: the profile, its newest versions, and on how many hosts each is, where the reader may
 * know that; `undefined` if the reader may not see the profile.
 */
export async function readProfile(api: ApiCalls, c: Context<Env>, team: string, name: string) {
  const path = `/profiles/${part(team)}/${part(name)}`;
  const [profile, versions, fleet] = await Promise.all([
    api.read(c, path, Profile),
    api.read(c, `${path}/versions?limit=100`, VersionList),
    api.read(c, `/teams/${part(team)}/fleet`, Fleet),
  ]);
  const hosts = fleet?.versions.filter((one) => one.name === name);
  return profile && { profile, versions: versions?.items ?? [], hosts };
}

/** The page on which publishers manage a profile. */
export function ProfileManagementPage(
  props: NonNullable<Awaited<ReturnType<typeof readProfile>>> & {
    done: string | undefined;
    reader: Reader;
  },
) {
  const { profile, versions, hosts } = props;
  const { team, name, channels, deprecation } = profile;
  const place: Place = { team, name };
  return (
    <PlacePage place={place} actions={profileActions} done={props.done} reader={props.reader}>
      <p>
        <a href={`/p/${team}/${name}`}>The profile’s page</a>
      </p>
      <Part
        title="Channels"
        heads={['Channel', 'Version']}
        none="No channels."
        rows={Object.entries(channels).map(([channel, version]) => (
          <tr>
            <td>{channel}</td>
            <td>{version}</td>
            <td>
              <ActionLink
                place={place}
                id="move-channel"
                given={{ channel, previous: version }}
                on={channel}
              >
                Move
              </ActionLink>
            </td>
          </tr>
        ))}
      >
        <ActionLink place={place} id="move-channel">
          Add a channel
        </ActionLink>
      </Part>
      <Part
        title="Versions"
        heads={['Version', 'Published']}
        none="No versions."
        rows={versions.map(({ version, publishedAt, yankReason }) => (
          <tr>
            <td>
              <a href={`/p/${team}/${name}/${version}`}>{version}</a>
            </td>
            <td>
              <Day at={publishedAt} />
            </td>
            <td>
              {yankReason === null ? (
                <ActionLink place={place} id="yank" given={{ version }} on={version}>
                  Yank
                </ActionLink>
              ) : (
                <span class="soft">yanked: {yankReason}</span>
              )}
            </td>
          </tr>
        ))}
      />
      {hosts && (
        <>
          <h2>Hosts</h2>
          {hosts.length === 0 ? (
            <p class="soft">No host of the team reports that it has the profile.</p>
          ) : (
            <Bars
              title="Hosts by version"
              heads={['Version', 'Hosts']}
              bars={hosts.map((one) => ({
                label: one.version,
                value: one.hosts,
                note: noteOf(one),
              }))}
            />
          )}
        </>
      )}
      <h2>Deprecation</h2>
      {deprecation === null ? (
        <p>
          <ActionLink place={place} id="deprecate">
            Deprecate the profile
          </ActionLink>
        </p>
      ) : (
        <p>
          Deprecated: {deprecation.reason}{' '}
          {deprecation.replacement !== null && `Use ${deprecation.replacement} instead. `}
          <ActionLink place={place} id="undeprecate">
            Remove the deprecation
          </ActionLink>
        </p>
      )}
    </PlacePage>
  );
}

/** What is particular about the hosts with a version, in a few words. */
function noteOf({ complain, drifted }: { complain: number; drifted: number }): string {
  const notes = [
    complain > 0 && `${complain} in complain mode`,
    drifted > 0 && `${drifted} drifted`,
  ];
  return notes.filter((one) => one !== false).join(', ');
}
