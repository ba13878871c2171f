import { raw } from 'hono/html';
import type { StoredAnalysis } from '../../db/analyses.ts';
import type { StoredDiagnostic, StoredVariant } from '../../db/schema.ts';
import { releases } from '../../policy/index.ts';
import { renderSource } from './source.ts';
import { includedBy, type Unfolding } from './unfold.ts';

/** Links to the variants of a version; nothing without variants. */
export function Variants(props: {
  /** The path of the version's page. */
  page: string;
  variants: readonly StoredVariant[];
  /** The index of the shown variant. */
  at: number;
}) {
  const { page, variants, at } = props;
  if (variants.length < 2) return null;
  return (
    <nav id="variants" class="variants" aria-label="Variants">
      {variants.map(({ from }, index) =>
        index === at ? (
          <strong aria-current="page">AppArmor {from} and newer</strong>
        ) : (
          <a href={`${page}?variant=${from}#variants`}>AppArmor {from} and newer</a>
        ),
      )}
    </nav>
  );
}

/** The lint diagnostics and the source of a version's profile, or of one of its variants. */
export function Policy(props: {
  /** The path of the version in the API. */
  bytes: string;
  variants: readonly StoredVariant[];
  /** The index of the shown variant. */
  at: number;
  text: string;
  analysis: StoredAnalysis;
  /** The path of the version's page, and of the shown variant in it. */
  page: string;
  /** The base policy that is shown below includes, if the reader has chosen one. */
  unfolding: Unfolding | undefined;
}) {
  const { bytes, variants, at, text, analysis, unfolding } = props;
  const { omitted, suppressed, grade, needs, unseen } = analysis;
  const shown = variants[at];
  // Diagnostics name their variant unless it is the first.
  const named = at === 0 ? undefined : shown?.from;
  const diagnostics = analysis.diagnostics.filter(({ variant }) => variant === named);
  const source = renderSource(text, diagnostics, unfolding?.files);
  const plain = `${bytes}/profile${named === undefined ? '' : `?release=${named}`}`;
  return (
    <>
      <h2>Lint{grade !== null && `: grade ${grade}`}</h2>
      <Diagnostics diagnostics={diagnostics} omitted={omitted} />
      {suppressed > 0 && (
        <p>
          {suppressed === 1 ? '1 finding is' : `${suppressed} findings are`} suppressed by comments
          in the profile (<code>lint-ignore</code>), which give the reasons. The grade does not
          count them.
        </p>
      )}
      <p class="soft">
        Requires AppArmor {named ?? needs} or later.
        {unseen.length > 0 && ` Includes not checked: ${unseen.join(', ')}.`}
      </p>

      <h2 id="source">Source</h2>
      {text.split('\n', maxSearched).some((line) => includedBy(line) !== undefined) && (
        <Releases page={props.page} variant={named} unfolding={unfolding} />
      )}
      <pre class="source" tabindex={0}>
        <code>{raw(source.html)}</code>
      </pre>
      {source.omitted > 0 && (
        <p>
          … and {source.omitted} more lines: <a href={plain}>plain text</a>.
        </p>
      )}
      <p class="soft">
        <a href={plain}>Plain text</a>
        {' · '}
        <a href={`${bytes}/envelope`}>Signed envelope</a>
      </p>
    </>
  );
}

/** The number of lines in which an include is looked for, before the page offers to show includes. */
const maxSearched = 1_000;

/** Links to the same page with the includes of a release's base policy. */
function Releases(props: {
  page: string;
  variant: string | undefined;
  unfolding: Unfolding | undefined;
}) {
  const { page, variant, unfolding } = props;
  const chosen = variant === undefined ? '' : `variant=${variant}&`;
  return (
    <>
      <nav class="variants" aria-label="Includes">
        <span class="soft">Show includes of AppArmor</span>
        {releases.map((release) =>
          release === unfolding?.release ? (
            <strong aria-current="page">{release}</strong>
          ) : (
            <a href={`${page}?${chosen}unfold=${release}#source`}>{release}</a>
          ),
        )}
      </nav>
      {unfolding && !unfolding.files && (
        <p class="notice">This registry has no base policy of AppArmor {unfolding.release}.</p>
      )}
    </>
  );
}

function Diagnostics(props: { diagnostics: readonly StoredDiagnostic[]; omitted: number }) {
  const { diagnostics, omitted } = props;
  if (diagnostics.length + omitted === 0) return <p class="soft">No diagnostics.</p>;
  return (
    <ul>
      {diagnostics.map(({ id, severity, line, message, suggestion }) => (
        <li>
          <a href={`#L${line}`}>Line {line}</a> <strong class={severity}>{severity}</strong>{' '}
          {message}
          {suggestion && ` ${suggestion}`}{' '}
          <a href={`/explain/${id}`}>
            <code>{id}</code>
          </a>
        </li>
      ))}
      {omitted > 0 && <li>… and {omitted} more</li>}
    </ul>
  );
}
