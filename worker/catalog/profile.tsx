import { raw } from 'hono/html';
import type { StoredAnalysis } from '../../db/analyses.ts';
import type { RegisteredKey } from '../../db/keys.ts';
import type { Profile } from '../../db/profiles.ts';
import type { ShownSummary } from '../../db/summaries.ts';
import type { Version } from '../../db/versions.ts';
import { defaultChannel, defaultTeam } from '../../trust/index.ts';
import type { Reader } from '../ports.ts';
import { Attempt } from './attempt.tsx';
import { Command } from './command.tsx';
import { CompareLink } from './compare-link.tsx';
import { Layout } from './layout.tsx';
import { Permitted } from './permitted.tsx';
import { Policy, Variants } from './policy.tsx';
import { Day } from './profiles.tsx';
import { RunLines } from './run.tsx';
import type { Unfolding } from './unfold.ts';
import { VerificationPart } from './verification.tsx';
import { Versions } from './versions.tsx';

/** What a package is for, if not for containers. */
const purposes: Partial<Record<string, string>> = {
  host: 'programs of the host',
  abstraction: 'profiles of other packages, as an abstraction',
};

/** A version's page: how to pull it, its signers, lint diagnostics, source and other versions. */
export function ProfilePage(props: {
  team: string;
  name: string;
  profile: Profile;
  reader: Reader | undefined;
  /** Whether the reader may publish versions of it. */
  isPublisher: boolean;
  version: Version;
  latest: string;
  /** A page of versions, highest first, and the one that follows it. */
  versions: Version[];
  /** Versions by channel. */
  channels: Record<string, string>;
  keys: RegisteredKey[];
  /** The index of the shown variant, and its text, or that of the only file. */
  at: number;
  text: string;
  analysis: StoredAnalysis;
  summary: ShownSummary | null;
  unfolding: Unfolding | undefined;
}) {
  const { team, name, profile, version, latest, versions, channels, keys, text } = props;
  const { readme } = props.analysis;
  const bytes = `/v1/profiles/${team}/${name}/versions/${version.version}`;
  const { tags = [], links = {} } = version.manifest;
  const purpose = purposes[version.manifest.kind ?? ''];
  const variants = version.variants ?? [];
  const path = `/p/${team}/${name}`;
  const reference = team === defaultTeam ? name : `${team}/${name}`;
  const isLatest = version.version === latest;
  const byDefault = channels[defaultChannel] ?? latest;
  const pinned = version.version === byDefault ? '' : `@${version.version}`;
  return (
    <Layout
      title={`${team}/${name} ${version.version} · aa-registry`}
      reader={props.reader}
      path={isLatest ? path : `${path}/${version.version}`}
      description={version.manifest.description}
      feed={
        profile.visibility === 'public'
          ? { path: `${path}/feed.atom`, title: `Versions of ${team}/${name}` }
          : undefined
      }
    >
      <h1>
        <a href={`/t/${team}`}>{team}</a>/{name} <span class="soft">{version.version}</span>
        {profile.visibility === 'private' && <span class="badge">private</span>}
      </h1>
      <p>{version.manifest.description}</p>
      {props.isPublisher && (
        <p>
          <a href={`/manage${path}`}>Manage</a>
        </p>
      )}
      {profile.deprecation !== null && (
        <p class="notice">
          <strong>Deprecated.</strong> {profile.deprecation}
          {profile.replacement !== null && (
            <>
              {' '}
              Use <a href={`/p/${profile.replacement}`}>{profile.replacement}</a> instead.
            </>
          )}
        </p>
      )}
      {!isLatest && (
        <p class="soft">
          The latest version is <a href={path}>{latest}</a>.
        </p>
      )}
      {version.yankReason !== null && (
        <p class="error">This version was yanked: {version.yankReason}</p>
      )}
      <Command text={`sudo aa-registry pull ${reference}${pinned}`} />
      {pinned !== '' && byDefault !== latest && (
        <p class="soft">
          Without a version, <code>pull</code> installs{' '}
          <a href={`${path}/${byDefault}`}>{byDefault}</a>, the version of channel {defaultChannel}.
        </p>
      )}
      <dl>
        {purpose !== undefined ? (
          <>
            <dt>For</dt>
            <dd>{purpose}</dd>
          </>
        ) : (
          <>
            <dt>Images</dt>
            <dd>{version.manifest.images.join(', ') || '–'}</dd>
          </>
        )}
        {version.manifest.dependencies && (
          <>
            <dt>Needs</dt>
            <dd>
              {Object.entries(version.manifest.dependencies).map(([path, range], at) => (
                <>
                  {at > 0 && ', '}
                  <a href={`/p/${path}`}>{path}</a> {range}
                </>
              ))}
            </dd>
          </>
        )}
        {version.manifest.profiles && (
          <>
            <dt>Defines</dt>
            <dd>{version.manifest.profiles.join(', ')}</dd>
          </>
        )}
        {tags.length > 0 && (
          <>
            <dt>Tags</dt>
            <dd>
              {tags.map((tag) => (
                <a class="tag" href={`/?tag=${tag}`}>
                  {tag}
                </a>
              ))}
            </dd>
          </>
        )}
        {Object.entries(links).length > 0 && (
          <>
            <dt>Links</dt>
            <dd>
              {Object.entries(links).map(([kind, url]) => (
                <a class="tag" href={url} rel="nofollow noopener noreferrer">
                  {kind}
                </a>
              ))}
            </dd>
          </>
        )}
        <dt>Signed by</dt>
        <dd>
          {version.signers.map((keyId) => {
            const key = keys.find((one) => one.keyId === keyId);
            return (
              <div>
                {key?.label} <code>{keyId}</code>
                {key?.revokedAt && (
                  <strong class="error">
                    {' '}
                    revoked <Day at={key.revokedAt} />
                  </strong>
                )}
              </div>
            );
          })}
        </dd>
        <dt>Digest</dt>
        <dd>
          <code>{version.digest}</code>
        </dd>
        {version.variants && (
          <>
            <dt>Variants</dt>
            <dd>
              {version.variants.map(({ from, digest, size }) => (
                <div>
                  <a href={`${bytes}/profile?release=${from}`}>AppArmor {from} and newer</a>, {size}{' '}
                  bytes <code>{digest}</code>
                </div>
              ))}
            </dd>
          </>
        )}
        <dt>Published</dt>
        <dd>
          <Day at={version.publishedAt} />, {version.size} bytes, ABI {version.manifest.abi},{' '}
          {version.manifest.license}
        </dd>
        <dt>Log</dt>
        <dd>
          <a href={`${bytes}/proof`}>Entry {version.logIndex}</a>
        </dd>
      </dl>

      <Variants page={`${path}/${version.version}`} variants={variants} at={props.at} />
      <Permitted
        summary={props.summary}
        version={bytes}
        variant={variants[props.at]?.from}
        container={purpose === undefined}
      />
      {profile.visibility === 'public' && version.manifest.kind !== 'abstraction' && (
        <Attempt
          profile={`${bytes}/profile${variants[props.at] ? `?release=${variants[props.at]?.from}` : ''}`}
          summary={props.summary}
        />
      )}
      <p>
        <CompareLink path={path} from="docker-default" to={version.version}>
          Compare with docker-default
        </CompareLink>
        , the profile that Docker applies by default.
      </p>

      <RunLines team={team} name={name} manifest={version.manifest} />

      {version.manifest.readme !== undefined && (
        <>
          <h2>README</h2>
          {readme === null ? (
            <p>
              The README is too large to show here: <a href={`${bytes}/readme`}>plain text</a>.
            </p>
          ) : (
            <article class="readme">{raw(readme)}</article>
          )}
        </>
      )}

      <Policy
        bytes={bytes}
        variants={variants}
        at={props.at}
        text={text}
        analysis={props.analysis}
        page={`${path}/${version.version}`}
        unfolding={props.unfolding}
      />

      <VerificationPart
        team={team}
        name={name}
        version={version.version}
        reference={`${reference}@${version.version}`}
        isPublic={profile.visibility === 'public'}
      />

      <Versions path={path} shown={version.version} versions={versions} channels={channels} />
    </Layout>
  );
}
