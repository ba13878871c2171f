import type { Summarized } from '../../contract/index.ts';
import type { ShownSummary } from '../../db/summaries.ts';
import { joinPermissions } from '../../policy/index.ts';
import { NotKnown } from './not-known.tsx';
import { Places } from './place.tsx';
import { WaysOut } from './ways-out.tsx';

type Profile = Summarized['profiles'][number];
type Line = Profile['lines'][number];
type Example = Line['examples'][number];

/** The number of examples of a line that are shown; the others are folded. */
const shownExamples = 3;

/** What a version permits, the most dangerous first, as far as its summary is stored: nothing is computed here. */
export function Permitted(props: {
  summary: ShownSummary | null;
  /** The path of the version in the API. */
  version: string;
  /** The oldest release of the shown variant; `undefined` without variants. */
  variant: string | undefined;
  /** Whether it is for containers. */
  container: boolean;
}) {
  const { summary, version, variant, container } = props;
  const api = `${version}/summary${variant === undefined ? '' : `?release=${variant}`}`;
  return (
    <>
      <h2 id="permits">What it permits</h2>
      {summary === null ? (
        <p>
          No summary is stored. <a href={api}>The API</a> computes and stores it when it is first
          requested.
        </p>
      ) : (
        <Contents {...summary} api={api} container={container} />
      )}
    </>
  );
}

function Contents(props: ShownSummary & { api: string; container: boolean }) {
  const { release, base, text, api, container } = props;
  const found = JSON.parse(text) as Summarized;
  const { state, reason, unread, profiles, omitted, unknown } = found;
  if (state === 'refused') {
    return (
      <p class="error">
        AppArmor {release} refuses the profile: {reason}
      </p>
    );
  }
  return (
    <>
      <p class="soft">
        As AppArmor {release} compiles it,{' '}
        {base === null ? 'without a base policy' : 'with its base policy'}, the most dangerous
        first. <a href={api}>JSON</a>
      </p>
      {unread.length > 0 && (
        <p class="notice">Not read, and treated as empty: {unread.join(', ')}.</p>
      )}
      {profiles.map((profile) => (
        <>
          {profiles.length > 1 && (
            <h3>
              <code>{profile.name}</code>
            </h3>
          )}
          <Lines profile={profile} />
        </>
      ))}
      {omitted > 0 && (
        <p>
          … and {omitted} more profiles: <a href={api}>JSON</a>.
        </p>
      )}
      <NotKnown unknown={unknown} />
      {container && <WaysOut ways={found.ways} />}
    </>
  );
}

function Lines({ profile: { lines } }: { profile: Profile }) {
  if (lines.length === 0) return <p class="soft">Nothing.</p>;
  return (
    <ul class="permits">
      {lines.map(({ severity, text, examples, omitted }) => (
        <li class={severity}>
          <span class="severity">{severity}</span> <strong>{text}</strong>
          <Examples examples={examples.slice(0, shownExamples)} />
          {examples.length + omitted > shownExamples && (
            <details>
              <summary>{examples.length + omitted - shownExamples} more</summary>
              <Examples examples={examples.slice(shownExamples)} />
              {omitted > 0 && <p class="soft">{omitted} are not stored.</p>}
            </details>
          )}
        </li>
      ))}
    </ul>
  );
}

function Examples({ examples }: { examples: readonly Example[] }) {
  return (
    <ul>
      {examples.map(({ text, permissions, how, note, rules }) => (
        <li>
          <code>{text}</code>{' '}
          <span class="soft">
            {[joinPermissions(permissions), how, note]
              .filter((one) => one && one !== text)
              .join(', ')}
          </span>
          <Places rules={rules} />
        </li>
      ))}
    </ul>
  );
}
