import { Hono } from 'hono';
import { raw } from 'hono/html';
import { VariantQuery } from '../../contract/profile.ts';
import type { LineDiff } from '../analysis/line-diff.ts';
import { viewer } from '../auth/identify.ts';
import type { ChosenVersion } from '../chosen-version.ts';
import { type Comparison, compareSides, parseSide, type Side, toDiff } from '../comparison.ts';
import { linesOf } from '../permissions.ts';
import type { Env, Reader } from '../ports.ts';
import { ProblemError } from '../problem.ts';
import { type CompareQuery, comparePath } from './compare-link.tsx';
import { Differences, type ShownSide } from './differences.tsx';
import { toHtml } from './html.ts';
import { Layout } from './layout.tsx';
import { renderLines } from './line-diff.ts';
import { preferredType } from './representation.ts';
import { identifyReader, readerOf } from './session.tsx';

/** A profile, by its path. */
interface Named {
  team: string;
  name: string;
}

/**
 * The comparison of a version with another one, of this profile or of another: /p/team/name/compare?from=1.0.0&to=1.1.0.
 * Without `from` it is with docker-default, without `to` of the latest version. By the Accept header, it is also JSON, as the
 * API has it.
 */
export const comparePages = new Hono<Env>();

comparePages.get('/p/:team/:name/compare', identifyReader, async (c) => {
  const { deps } = c.var;
  const { team, name } = c.req.param();
  const type = preferredType(c);
  const release = VariantQuery.shape.release.safeParse(c.req.query('release')).data;
  // An empty field of the form names the default.
  const [from = 'docker-default', to = ''] = ['from', 'to'].map(
    (one) => c.req.query(one) || undefined,
  );
  const form = { team, name, from, to, release, reader: readerOf(c) };
  try {
    const sides = [
      sideOf('from', from, form),
      to === '' ? latestOf(form) : sideOf('to', to, form),
    ] as const;
    const found = await compareSides(deps, viewer(c), sides, { release });
    if (type === 'application/json') return c.json(toDiff(found));
    const lines = await linesOf(deps, ...found.texts);
    return c.html(toHtml(<ComparePage {...form} found={found} lines={lines} />));
  } catch (error) {
    if (type === 'application/json' || !(error instanceof ProblemError)) throw error;
    const status = refusals[error.id];
    if (status === undefined) throw error;
    return c.html(toHtml(<RefusedPage {...form} reason={error.message} />), status);
  }
});

/** The problems that the page itself shows. */
const refusals: Readonly<Record<string, 400 | 404>> = { 'request-invalid': 400, 'not-found': 404 };

function sideOf(field: string, text: string, own: Named): Side {
  const side = parseSide(text, own);
  if (side) return side;
  const detail = `${field}: must be a version, a digest, team/name@version or docker-default.`;
  throw new ProblemError('request-invalid', detail);
}

const latestOf = ({ team, name }: Named): Side => ({
  ...{ team, name },
  selector: { kind: 'channel', channel: 'latest' },
});

/** What the pages show besides the comparison: the requested sides and the signed-in user. */
type Asked = Named & CompareQuery & { reader: Reader | undefined };

function RefusedPage({ reason, ...asked }: Asked & { reason: string }) {
  return (
    <Layout title="Compare · aa-registry" reader={asked.reader}>
      <h1>Compare</h1>
      <p class="error">{reason}</p>
      <Form {...asked} />
    </Layout>
  );
}

function ComparePage({ found, lines, ...asked }: Asked & { found: Comparison; lines: LineDiff }) {
  const { target, base, diff } = found;
  const own = `/p/${asked.team}/${asked.name}`;
  const [from, to] = [shownSide(found.from, asked), shownSide(found.to, asked)];
  const query = { from: namedIn(found.from, asked), to: namedIn(found.to, asked) };
  const { release } = asked;
  return (
    <Layout
      title={`${asked.team}/${asked.name} from ${from.name} to ${to.name} · aa-registry`}
      reader={asked.reader}
      path={comparePath(own, { ...query, release })}
    >
      <h1>
        <a href={own}>
          {asked.team}/{asked.name}
        </a>{' '}
        <span class="soft">from</span> <Name side={from} /> <span class="soft">to</span>{' '}
        <Name side={to} />
      </h1>
      <Form {...asked} {...query} />
      <Releases path={own} query={query} found={found} release={release} />

      <h2 id="permissions">Permissions</h2>
      <p class="soft">
        As AppArmor {target} compiles both,{' '}
        {base === null ? 'without a base policy' : 'with its base policy'}.
      </p>
      <Differences diff={diff} from={from} to={to} />

      <h2 id="text">Text</h2>
      <Lines lines={lines} />
    </Layout>
  );
}

function Name({ side: { name, page } }: { side: ShownSide }) {
  return page === undefined ? <span>{name}</span> : <a href={page}>{name}</a>;
}

/** A side as its page and its rules are shown; a version of the page's own profile by its number. */
function shownSide(chosen: ChosenVersion | null, own: Named): ShownSide {
  if (!chosen) return { name: 'docker-default', page: undefined };
  const { team, name, version, variant } = chosen.place;
  const isOwn = team === own.team && name === own.name;
  const query = variant === null ? '' : `?variant=${variant}`;
  return {
    name: isOwn ? version : `${team}/${name} ${version}`,
    page: `/p/${team}/${name}/${version}${query}`,
  };
}

/** A side as the address names it. */
function namedIn(chosen: ChosenVersion | null, own: Named): string {
  if (!chosen) return 'docker-default';
  const { team, name, version } = chosen.place;
  return team === own.team && name === own.name ? version : `${team}/${name}@${version}`;
}

function Form({ team, name, from, to, release }: Asked) {
  return (
    <form action={`/p/${team}/${name}/compare`} method="get" class="compare">
      <label>
        From
        <input name="from" value={from} placeholder="docker-default" maxlength={200} />
      </label>
      <label>
        To
        <input name="to" value={to} placeholder="latest version" maxlength={200} />
      </label>
      {release !== undefined && <input type="hidden" name="release" value={release} />}
      <button type="submit">Compare</button>
    </form>
  );
}

/** Links to the comparisons of the variants for other releases; nothing if no side has several. */
function Releases(props: {
  path: string;
  query: CompareQuery;
  found: Comparison;
  release: string | undefined;
}) {
  const { path, query, found, release } = props;
  const variants = [found.from, found.to].flatMap((one) => one?.variants ?? []);
  const releases = [...new Set(variants)];
  if (releases.length < 2) return null;
  const shown = release ?? found.to?.place.variant ?? found.from?.place.variant;
  return (
    <nav class="variants" aria-label="Variants">
      {releases.map((one) =>
        one === shown ? (
          <strong aria-current="page">AppArmor {one} and newer</strong>
        ) : (
          <a href={comparePath(path, { ...query, release: one })} rel="nofollow">
            AppArmor {one} and newer
          </a>
        ),
      )}
    </nav>
  );
}

function Lines({ lines }: { lines: LineDiff }) {
  if (!lines.known) return <p>The changed lines are not shown: the texts {lines.reason}.</p>;
  if (lines.hunks.length === 0) return <p>Both texts are the same.</p>;
  const { html, omitted } = renderLines(lines.hunks);
  return (
    <>
      <pre class="lines" tabindex={0}>
        <code>{raw(html)}</code>
      </pre>
      {omitted > 0 && <p>… and {omitted} more lines.</p>}
    </>
  );
}
