import type { ProfileSummary } from '../../db/profiles.ts';
import type { Filters } from '../../db/search.ts';
import { capabilities, grades } from '../../policy/index.ts';
import { Layout } from './layout.tsx';

/** The query of the first page. */
export interface ListQuery extends Filters {
  /** The search words; may be empty. */
  q: string;
}

const filterNames = ['team', 'image', 'tag', 'capability', 'grade'] as const;

/** The first page: every profile, or those that match. */
export function ListPage(props: {
  query: ListQuery;
  profiles: ProfileSummary[];
  similar: boolean;
  next: string | undefined;
  reader: string | undefined;
}) {
  const { query, profiles, similar, next } = props;
  const { q } = query;
  const chosen = filterNames.filter((name) => query[name] !== undefined);
  const narrowed = q !== '' || chosen.length > 0;
  return (
    <Layout
      title={q ? `${q} · aa-registry` : 'aa-registry'}
      query={q}
      reader={props.reader}
      description="Signed AppArmor profiles, and what they permit"
      feed={{ path: '/feed.atom', title: 'New versions of all profiles' }}
    >
      <h1>
        {q && !similar
          ? `Profiles matching “${q}”`
          : similar
            ? 'Similar profiles'
            : 'AppArmor profiles'}
      </h1>
      {similar && <p>No match for “{q}”. These profiles have similar words.</p>}
      <FilterForm query={query} />
      {chosen.length > 0 && (
        <p class="chosen">
          {chosen.map((name) => (
            <a href={address({ ...query, [name]: undefined })} aria-label={`Remove filter ${name}`}>
              {name}: {query[name]} <span aria-hidden="true">×</span>
            </a>
          ))}
        </p>
      )}
      {profiles.length === 0 ? (
        <p class="soft">
          {narrowed
            ? 'No profiles match. Try fewer words or filters.'
            : 'No profiles have been published yet.'}
        </p>
      ) : (
        <Profiles profiles={profiles} />
      )}
      {next !== undefined && (
        <p>
          <a href={address(query, next)} rel="next">
            More profiles
          </a>
        </p>
      )}
    </Layout>
  );
}

/** A list of profiles. */
export function Profiles({ profiles }: { profiles: readonly ProfileSummary[] }) {
  return (
    <ul class="profiles">
      {profiles.map((profile) => (
        <Item profile={profile} />
      ))}
    </ul>
  );
}

function Item({ profile }: { profile: ProfileSummary }) {
  const { team, name, latest, publishedAt, description, images, grade, suppressed } = profile;
  const { visibility, deprecation } = profile;
  return (
    <li>
      <a href={`/p/${team}/${name}`}>
        {team}/{name}
      </a>{' '}
      <span class="soft">
        {latest} · <Day at={publishedAt} />
      </span>
      {grade !== null && (
        <>
          {' '}
          <a
            class={`grade ${grade}`}
            href={address({ q: '', grade })}
            title={`Lint grade ${grade}`}
          >
            {grade}
          </a>
          {suppressed ? <span class="soft"> {suppressed} suppressed</span> : null}
        </>
      )}
      {visibility === 'private' && <span class="badge">private</span>}
      {deprecation !== null && <span class="badge">deprecated</span>}
      <p>{description}</p>
      {images.length > 0 && (
        <p class="soft">
          For images:{' '}
          {images.map((image, at) => (
            <>
              {at > 0 && ', '}
              <a href={address({ q: '', image })}>{image}</a>
            </>
          ))}
        </p>
      )}
    </li>
  );
}

function FilterForm({ query }: { query: ListQuery }) {
  const open = filterNames.some((name) => query[name] !== undefined);
  return (
    <details class="filters" open={open}>
      <summary>Filter</summary>
      <form action="/" method="get">
        {query.q && <input type="hidden" name="q" value={query.q} />}
        {query.tag !== undefined && <input type="hidden" name="tag" value={query.tag} />}
        <label>
          Team
          <input name="team" value={query.team ?? ''} maxlength={40} />
        </label>
        <label>
          Image
          <input name="image" value={query.image ?? ''} placeholder="nginx" maxlength={255} />
        </label>
        <label>
          Capability
          <select name="capability">
            <option value="">Any</option>
            {[...capabilities].sort().map((name) => (
              <option value={name} selected={name === query.capability}>
                {name}
              </option>
            ))}
          </select>
        </label>
        <label>
          Lint grade
          <select name="grade">
            <option value="">Any</option>
            {grades.map((grade) => (
              <option value={grade} selected={grade === query.grade}>
                {grade}
              </option>
            ))}
          </select>
        </label>
        <button type="submit">Apply</button>
      </form>
    </details>
  );
}

function address({ q, ...filters }: ListQuery, cursor?: string): string {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries({ q, ...filters, cursor })) {
    if (value) search.set(key, value);
  }
  return search.size > 0 ? `/?${search}` : '/';
}

/** A day, with the exact time for machines. */
export function Day(props: { at: string }) {
  return <time datetime={props.at}>{props.at.slice(0, 10)}</time>;
}
