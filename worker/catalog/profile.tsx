import type { Channel } from '../../db/channels.ts';
import type { RegisteredKey } from '../../db/keys.ts';
import type { Version } from '../../db/versions.ts';
import { defaultTeam } from '../../trust/index.ts';
import type { Diagnostic } from '../api/schema/index.ts';
import { Layout } from './layout.tsx';
import { Day } from './list.tsx';
import { Source } from './source.tsx';

/** One version of a profile: how to get it, who signed it, what lint says, the source, other versions. */
export function ProfilePage(props: {
  team: string;
  name: string;
  version: Version;
  latest: string;
  versions: Version[];
  channels: Channel[];
  keys: RegisteredKey[];
  text: string;
  diagnostics: Diagnostic[];
  needs: string;
  unseen: string[];
}) {
  const { team, name, version, latest, versions, channels, keys, text, diagnostics } = props;
  const path = `/p/${team}/${name}`;
  const reference = team === defaultTeam ? name : `${team}/${name}`;
  const pinned = version.version === latest ? '' : `@${version.version}`;
  return (
    <Layout title={`${team}/${name} ${version.version} · aa-registry`}>
      <h1>
        {team}/{name} <span class="soft">{version.version}</span>
      </h1>
      <p>{version.manifest.description}</p>
      {pinned !== '' && (
        <p class="soft">
          This is not the latest version: <a href={path}>{latest}</a> is.
        </p>
      )}
      {version.yankReason !== null && (
        <p class="error">This version was yanked: {version.yankReason}</p>
      )}
      <pre>
        <code>
          sudo aa-registry pull {reference}
          {pinned}
        </code>
      </pre>
      <dl>
        <dt>Images</dt>
        <dd>{version.manifest.images.join(', ') || '–'}</dd>
        <dt>Signed by</dt>
        <dd>
          {version.signers.map((keyId) => (
            <div>
              {keys.find((key) => key.keyId === keyId)?.label} <code>{keyId}</code>
            </div>
          ))}
        </dd>
        <dt>Digest</dt>
        <dd>
          <code>{version.digest}</code>
        </dd>
        <dt>Published</dt>
        <dd>
          <Day at={version.publishedAt} />, {version.size} bytes, ABI {version.manifest.abi},{' '}
          {version.manifest.license}
        </dd>
        <dt>Log</dt>
        <dd>
          <a href={`/v1/profiles/${team}/${name}/versions/${version.version}/proof`}>
            Entry {version.logIndex}
          </a>
        </dd>
      </dl>

      <h2>Lint</h2>
      <Findings diagnostics={diagnostics} />
      <p class="soft">
        Needs AppArmor {props.needs} or newer.
        {props.unseen.length > 0 && ` Not looked into: ${props.unseen.join(', ')}.`}
      </p>

      <h2>Source</h2>
      <Source text={text} diagnostics={diagnostics} />
      <p class="soft">
        <a href={`/v1/profiles/${team}/${name}/versions/${version.version}/profile`}>Plain text</a>
        {' · '}
        <a href={`/v1/profiles/${team}/${name}/versions/${version.version}/envelope`}>
          Signed envelope
        </a>
      </p>

      <h2>Versions</h2>
      <div class="scroll">
        <table>
          <thead>
            <tr>
              <th scope="col">Version</th>
              <th scope="col">Published</th>
              <th scope="col">Digest</th>
            </tr>
          </thead>
          <tbody>
            {versions.map((one) => (
              <tr>
                <td>
                  {one.version === version.version ? (
                    <strong>{one.version}</strong>
                  ) : (
                    <a href={`${path}/${one.version}`}>{one.version}</a>
                  )}
                  <span class="soft">
                    {channels
                      .filter(({ version }) => version === one.version)
                      .map((channel) => ` ${channel.name}`)}
                    {one.yankReason !== null && ' yanked'}
                  </span>
                </td>
                <td>
                  <Day at={one.publishedAt} />
                </td>
                <td>
                  <code title={one.digest}>{one.digest.slice(0, 19)}…</code>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Layout>
  );
}

function Findings(props: { diagnostics: Diagnostic[] }) {
  if (props.diagnostics.length === 0) return <p class="soft">Nothing to report.</p>;
  return (
    <ul>
      {props.diagnostics.map(({ id, severity, line, message, suggestion }) => (
        <li>
          <a href={`#L${line}`}>Line {line}</a> <strong class={severity}>{severity}</strong>{' '}
          {message}
          {suggestion && ` ${suggestion}`} <code class="soft">{id}</code>
        </li>
      ))}
    </ul>
  );
}
