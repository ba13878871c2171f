import type { Version } from '../../db/versions.ts';
import { CompareLink } from './compare-link.tsx';
import { Day } from './profiles.tsx';

/** The maximum number of versions on a profile's page. */
export const maxVersions = 100;

/** The maximum number of channels listed beside a version. */
const maxChannels = 10;

/** The versions of a profile, highest first, each with a link to the comparison with the one before it. */
export function Versions(props: {
  /** The path of the profile's page. */
  path: string;
  /** The version that the page shows. */
  shown: string;
  /** At most {@link maxVersions}, and the one that follows them, if there is one. */
  versions: readonly Version[];
  /** Versions by channel. */
  channels: Record<string, string>;
}) {
  const { path, shown, versions, channels } = props;
  const listed = versions.slice(0, maxVersions);
  return (
    <>
      <h2 id="versions">Versions</h2>
      <section class="scroll" aria-label="Versions" tabindex={0}>
        <table>
          <thead>
            <tr>
              <th scope="col">Version</th>
              <th scope="col">Published</th>
              <th scope="col">Changes</th>
              <th scope="col">Digest</th>
            </tr>
          </thead>
          <tbody>
            {listed.map((one, at) => (
              <tr>
                <td>
                  {one.version === shown ? (
                    <strong>{one.version}</strong>
                  ) : (
                    <a href={`${path}/${one.version}`}>{one.version}</a>
                  )}
                  <span class="soft">
                    {channelsOf(one, channels)}
                    {one.yankReason !== null && ' yanked'}
                  </span>
                </td>
                <td>
                  <Day at={one.publishedAt} />
                </td>
                <td>
                  <Changes path={path} from={versions[at + 1]} to={one} />
                </td>
                <td>
                  <code title={one.digest}>{one.digest.slice(0, 19)}…</code>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      {versions.length > maxVersions && (
        <p>
          <a href={`${path}/${shown}?below=${listed.at(-1)?.version}#versions`}>Older versions</a>
        </p>
      )}
    </>
  );
}

function Changes(props: { path: string; from: Version | undefined; to: Version }) {
  const { path, from, to } = props;
  if (!from) return <>–</>;
  return (
    <CompareLink path={path} from={from.version} to={to.version}>
      since {from.version}
    </CompareLink>
  );
}

/** The names of a version's channels, up to {@link maxChannels}. */
function channelsOf({ version }: Version, channels: Record<string, string>): string {
  const names = Object.keys(channels)
    .filter((name) => channels[name] === version)
    .map((name) => ` ${name}`);
  const more = names.length - maxChannels;
  return names.slice(0, maxChannels).join('') + (more > 0 ? ` and ${more} more` : '');
}
