import type { Counts, FacetCount } from '../../db/facets.ts';
import type { ProfileSummary } from '../../db/profiles.ts';
import type { Reader } from '../ports.ts';
import { Command } from './command.tsx';
import { Layout } from './layout.tsx';
import { listAddress } from './list-query.ts';
import { Profiles } from './profiles.tsx';

/** The number of purposes and of teams that are shown. */
const maxShown = 16;

/** The first page: what the registry is, its newest profiles, and ways into it. */
export function HomePage(props: {
  /** The most recently published profiles. */
  profiles: readonly ProfileSummary[];
  /** Of the most recently published profiles. */
  counts: Counts;
  reader: Reader | undefined;
}) {
  const { profiles, counts } = props;
  const { tag, image, team } = counts.facets;
  const example = profiles[0];
  return (
    <Layout
      title="aa-registry"
      reader={props.reader}
      description="Signed AppArmor profiles for containers and hosts, and what they permit"
      feed={{ path: '/feed.atom', title: 'New versions of all profiles' }}
    >
      <h1>AppArmor profiles</h1>
      <p class="lead">
        Find signed AppArmor profiles for containers and hosts, see in plain words what each one
        permits, and install it: hosts verify the publisher’s signature and the{' '}
        <a href="/log">transparency log</a>.
      </p>
      {tag.length > 0 ? (
        <Ways title="By purpose" name="tag" values={tag} more={counts.more} />
      ) : (
        <Ways title="By image" name="image" values={image} more={counts.more} />
      )}
      <h2>Recently published</h2>
      {profiles.length === 0 ? (
        <p class="soft">No profiles have been published yet.</p>
      ) : (
        <>
          <Profiles profiles={profiles} />
          <p>
            <a href={listAddress({ sort: 'name' })}>
              {counts.more
                ? `All profiles, more than ${counts.total.toLocaleString('en')}`
                : `All profiles (${counts.total})`}
            </a>
          </p>
        </>
      )}
      <Ways title="Teams" name="team" values={team} more={counts.more} />
      <h2>Quick start</h2>
      <p>On a host, trust a team once and compare its key ids; then pull its profiles.</p>
      <Command
        text={`sudo aa-registry trust init ${example?.team ?? 'library'}\nsudo aa-registry pull ${example ? `${example.team}/${example.name}` : 'docker-nginx'}`}
      />
      <p>To publish a profile, lint it, sign it with your team’s key and send it.</p>
      <Command text={'aa-registry lint my-app\naa-registry publish my-app --version 1.0.0'} />
      <p>
        <code>aa-registry help</code> has all commands, <a href="/docs">the API reference</a> all
        requests, and <a href="/explain">the diagnostics</a> are explained one by one.
      </p>
    </Layout>
  );
}

/** Links to the profiles with each value of a facet, the most frequent first. */
function Ways(props: {
  title: string;
  name: 'tag' | 'image' | 'team';
  values: FacetCount[];
  more: boolean;
}) {
  const { title, name, values, more } = props;
  if (values.length === 0) return null;
  return (
    <>
      <h2>{title}</h2>
      <ul class="ways-in">
        {values.slice(0, maxShown).map(({ value, count }) => (
          <li>
            <a href={name === 'team' ? `/t/${value}` : listAddress({ [name]: value })}>{value}</a>{' '}
            <span class="soft">
              {count.toLocaleString('en')}
              {more && '+'}
            </span>
          </li>
        ))}
      </ul>
      {name === 'team' && (
        <p>
          <a href="/teams">All teams</a>
        </p>
      )}
    </>
  );
}
