import type { ProfileSummary } from '../../db/profiles.ts';
import { Layout } from './layout.tsx';

/** The first page: every profile, or those that match. */
export function ListPage(props: {
  query: string;
  profiles: ProfileSummary[];
  next: string | undefined;
}) {
  const { query, profiles, next } = props;
  return (
    <Layout title={query ? `${query} · aa-registry` : 'aa-registry'} query={query}>
      <h1>{query ? `Profiles matching “${query}”` : 'AppArmor profiles'}</h1>
      {profiles.length === 0 ? (
        <p class="soft">
          {query ? 'Nothing matches. Try fewer or shorter words.' : 'Nothing is published yet.'}
        </p>
      ) : (
        <ul class="profiles">
          {profiles.map((profile) => (
            <li>
              <a href={`/p/${profile.team}/${profile.name}`}>
                {profile.team}/{profile.name}
              </a>{' '}
              <span class="soft">
                {profile.latest} · <Day at={profile.publishedAt} />
              </span>
              <p>{profile.description}</p>
              {profile.images.length > 0 && (
                <p class="soft">For images: {profile.images.join(', ')}</p>
              )}
            </li>
          ))}
        </ul>
      )}
      {next !== undefined && (
        <p>
          <a href={`/?${new URLSearchParams({ ...(query ? { q: query } : {}), after: next })}`}>
            More profiles
          </a>
        </p>
      )}
    </Layout>
  );
}

/** A day, with the exact time for machines. */
export function Day(props: { at: string }) {
  return <time datetime={props.at}>{props.at.slice(0, 10)}</time>;
}
