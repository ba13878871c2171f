import type { Counts } from '../../db/facets.ts';
import type { FoundProfiles, Sort } from '../../db/profile-lists.ts';
import type { Reader } from '../ports.ts';
import { Facets, labelOf } from './facets.tsx';
import { Layout } from './layout.tsx';
import { filterNames, isNarrowed, type ListQuery, listAddress } from './list-query.ts';
import { Profiles } from './profiles.tsx';

/** The list of all profiles, or of those that match. */
export function ListPage(props: {
  query: ListQuery;
  found: FoundProfiles & { counts?: Counts | undefined };
  /** The cursor of the next page. */
  next: string | undefined;
  reader: Reader | undefined;
}) {
  const { query, next } = props;
  const { items, similar, counts, sorted } = props.found;
  const { q } = query;
  const chosen = filterNames.filter((name) => query[name] !== undefined);
  return (
    <Layout
      title={q ? `${q} · aa-registry` : 'Profiles · aa-registry'}
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
      {chosen.length > 0 && (
        <p class="chosen">
          {chosen.map((name) => (
            <a
              href={listAddress({ ...query, [name]: undefined })}
              aria-label={`Remove filter ${name}`}
            >
              {name}: {labelOf(name, query[name] ?? '')} <span aria-hidden="true">×</span>
            </a>
          ))}
        </p>
      )}
      {items.length === 0 || !counts ? (
        <p class="soft">
          {isNarrowed(query)
            ? 'No profiles match. Try fewer words or filters.'
            : 'No profiles have been published yet.'}
        </p>
      ) : (
        <div class="results">
          <Facets query={query} counts={counts} />
          <div>
            <p class="order">
              <span>{numberOf(counts)}</span>
              <SortLinks query={query} />
            </p>
            {query.sort !== undefined && !sorted && (
              <p class="notice">
                Too many profiles match to be sorted; the best matches come first. Add a word or a
                filter.
              </p>
            )}
            <Profiles profiles={items} />
            {next !== undefined && (
              <p>
                <a href={listAddress(query, next)} rel="next">
                  More profiles
                </a>
              </p>
            )}
          </div>
        </div>
      )}
    </Layout>
  );
}

/** The number of results, as far as they are counted. */
function numberOf({ total, more }: Counts): string {
  const number = total.toLocaleString('en');
  if (more) return `More than ${number} profiles`;
  return total === 1 ? '1 profile' : `${number} profiles`;
}

function SortLinks({ query }: { query: ListQuery }) {
  const orders: [Sort | undefined, string][] = [
    ['name', 'Name'],
    ['published', 'Recently published'],
  ];
  if (isNarrowed(query)) orders.unshift([undefined, query.q ? 'Best match' : 'Oldest']);
  return (
    <span>
      <span class="soft">Sort: </span>
      {orders.map(([sort, label], at) => (
        <>
          {at > 0 && ' · '}
          {sort === query.sort ? (
            <strong>{label}</strong>
          ) : (
            <a href={listAddress({ ...query, sort })}>{label}</a>
          )}
        </>
      ))}
    </span>
  );
}
