import type { Counts, FacetCount } from '../../db/facets.ts';
import { capabilities, isRelease, releases, topics } from '../../policy/index.ts';
import { filterNames, type ListQuery, listAddress } from './list-query.ts';

type FacetName = keyof Counts['facets'];

/** The facets of a list, in order, with their headings. */
const headings: Record<FacetName, string> = {
  grade: 'Lint grade',
  permits: 'Permits',
  image: 'Image',
  tag: 'Tag',
  team: 'Team',
  release: 'AppArmor release',
};

/** The number of values of a facet that are shown; the others are folded. */
const shownValues = 8;

/** What a filter's value is called. */
export function labelOf(name: (typeof filterNames)[number], value: string): string {
  return name === 'permits' ? topics[value as keyof typeof topics].text : value;
}

/** How many results have each value, as links that narrow the list. */
export function Facets({ query, counts }: { query: ListQuery; counts: Counts }) {
  const open = filterNames.some((name) => query[name] !== undefined);
  return (
    <aside>
      <details class="facets" open={open}>
        <summary>Filter</summary>
        <nav aria-label="Filters">
          {(Object.keys(headings) as FacetName[]).map((name) => (
            <FacetValues name={name} query={query} counts={counts} />
          ))}
        </nav>
        <FilterForm query={query} />
      </details>
    </aside>
  );
}

function FacetValues(props: { name: FacetName; query: ListQuery; counts: Counts }) {
  const { name, query, counts } = props;
  const values = valuesOf(name, counts);
  // A single value narrows nothing.
  if (query[name] !== undefined || values.every(({ count }) => count === counts.total)) return null;
  const rest = values.slice(shownValues);
  const list = (some: FacetCount[]) => (
    <ul>
      {some.map(({ value, count }) => (
        <li>
          <a href={listAddress({ ...query, [name]: value })}>{labelOf(name, value)}</a>{' '}
          <Count count={count} more={counts.more} />
        </li>
      ))}
    </ul>
  );
  return (
    <section>
      <h2>
        {headings[name]}
        {name === 'grade' && (
          <a class="what" href="/explain/grades">
            What is this?
          </a>
        )}
      </h2>
      {list(values.slice(0, shownValues))}
      {rest.length > 0 && (
        <details>
          <summary>{rest.length} more</summary>
          {list(rest)}
        </details>
      )}
    </section>
  );
}

/** A number of results: a minimum if not all are counted. */
function Count({ count, more }: { count: number; more: boolean }) {
  return (
    <span class="soft" title={more ? 'At least' : undefined}>
      {count.toLocaleString('en')}
      {more && '+'}
    </span>
  );
}

function valuesOf(name: FacetName, { facets, total }: Counts): FacetCount[] {
  const found = facets[name];
  if (name === 'grade') return found.toSorted((a, b) => (a.value < b.value ? -1 : 1));
  // The most dangerous first, as in summaries.
  if (name === 'permits') {
    const order = Object.keys(topics);
    return found.toSorted((a, b) => order.indexOf(a.value) - order.indexOf(b.value));
  }
  if (name !== 'release') return found;
  // A profile for a release can be used with all later ones.
  return releases
    .map((value, at) => ({
      value,
      count: found
        .filter((one) => isRelease(one.value) && releases.indexOf(one.value) <= at)
        .reduce((sum, { count }) => sum + count, 0),
    }))
    .filter(({ count }) => count > 0)
    .map(({ value, count }) => ({ value, count: Math.min(count, total) }));
}

function FilterForm({ query }: { query: ListQuery }) {
  const kept = filterNames.filter((name) => !['team', 'image', 'capability'].includes(name));
  return (
    <form action="/" method="get">
      {(['q', ...kept, 'sort'] as const).map(
        (name) => query[name] && <input type="hidden" name={name} value={query[name]} />,
      )}
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
      <button type="submit">Apply</button>
    </form>
  );
}
