import type { Compared } from '../../contract/index.ts';
import { describeDifference, type Effect } from '../../policy/index.ts';
import { NotKnown } from './not-known.tsx';

type Difference = Compared['differences'][number];
type Rule = Difference['leftRules'][number];

/** A side of a comparison: its name and the path of its page; docker-default has none. */
export interface ShownSide {
  name: string;
  page: string | undefined;
}

/** What each effect is called: of the second side beside the first. */
const words: Readonly<Record<Effect, string>> = {
  more: 'gained',
  either: 'may be gained',
  less: 'lost',
  same: 'same',
};

/** The effects in the order of their lists; the first two widen. */
const effects = Object.keys(words) as Effect[];
const widens = (effect: Effect) => effect === 'more' || effect === 'either';

/** What the second of two sides permits more and less, by profile and class. */
export function Differences({
  diff,
  from,
  to,
}: {
  diff: Compared;
  from: ShownSide;
  to: ShownSide;
}) {
  const { state, reason, differences, omitted, unknown, unread } = diff;
  if (state === 'refused' || state === 'unknown') return <p class="error">{reason}</p>;
  const several = new Set(differences.map(({ profile }) => profile)).size > 1;
  const places = Map.groupBy(differences, (one) => `${one.profile}\0${one.class}`);
  const isWider = (ofClass: Difference[]) => ofClass.some(({ effect }) => widens(effect));
  const classes = [...places.values()].toSorted((a, b) => Number(isWider(b)) - Number(isWider(a)));
  return (
    <>
      <Verdict diff={diff} from={from} to={to} />
      {unread.length > 0 && (
        <p class="notice">Not read, and treated as empty: {unread.join(', ')}.</p>
      )}
      {classes.map((ofClass) => (
        <Class differences={ofClass} several={several} from={from} to={to} />
      ))}
      {omitted > 0 && <p>… and {omitted} more differences, which are not listed.</p>}
      <NotKnown unknown={unknown} />
    </>
  );
}

function Verdict({ diff, from, to }: { diff: Compared; from: ShownSide; to: ShownSide }) {
  const { same, differences, omitted, unknown } = diff;
  if (same === true) return <p>Both permit the same.</p>;
  const wider = differences.filter(({ effect }) => widens(effect)).length;
  if (wider > 0)
    return (
      <p class="notice">
        <strong>Wider.</strong> {to.name} permits what {from.name} does not.
      </p>
    );
  if (unknown.length > 0 || omitted > 0)
    return <p class="notice">Whether {to.name} permits more is not known in full.</p>;
  return (
    <p>
      {to.name} permits nothing that {from.name} does not.
    </p>
  );
}

/** The differences of one class of a profile; a child is named also where it alone differs. */
function Class(props: {
  differences: readonly Difference[];
  several: boolean;
  from: ShownSide;
  to: ShownSide;
}) {
  const { differences, several, from, to } = props;
  const [{ profile = '', class: name = '' } = {}] = differences;
  const listed = effects.flatMap((effect) => differences.filter((one) => one.effect === effect));
  const permitted = listed.filter(({ effect }) => effect !== 'same');
  const others = listed.slice(permitted.length);
  const list = (items: readonly Difference[]) => (
    <ul>
      {items.map((one) => (
        <Item one={one} from={from} to={to} />
      ))}
    </ul>
  );
  return (
    <section class="class">
      <h3>
        {(several || profile.includes('//')) && (
          <>
            <code>{profile}</code>:{' '}
          </>
        )}
        {name}
      </h3>
      {permitted.length > 0 && list(permitted)}
      {others.length > 0 && (
        <details>
          <summary>{others.length} that permit neither more nor less</summary>
          {list(others)}
        </details>
      )}
    </section>
  );
}

function Item({ one, from, to }: { one: Difference; from: ShownSide; to: ShownSide }) {
  return (
    <li class={one.effect}>
      <span class="effect">{words[one.effect]}</span>{' '}
      <code>{describeDifference({ ...one, example: one.example ?? undefined })}</code>{' '}
      <span class="soft">
        <Rules rules={one.leftRules} side={from} />
        <Rules rules={one.rightRules} side={to} />
      </span>
    </li>
  );
}

/** The rules that decide on one side, linked to their lines. */
function Rules({ rules, side }: { rules: readonly Rule[]; side: ShownSide }) {
  if (rules.length === 0) return null;
  return (
    <span class="rules">
      {side.name}:{' '}
      {rules.map(({ file, line, text }, at) => (
        <>
          {at > 0 && ', '}
          {file === null && side.page !== undefined ? (
            <a href={`${side.page}#L${line}`} title={text}>
              line {line}
            </a>
          ) : (
            <span title={text}>
              {file === null ? 'line ' : `${file.replace(/^base:/, '')}:`}
              {line}
            </span>
          )}
        </>
      ))}{' '}
    </span>
  );
}
