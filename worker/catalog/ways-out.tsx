import type { Summarized } from '../../contract/index.ts';
import { Places } from './place.tsx';

type Way = Summarized['ways'][number];

/** The known ways out of a container: the open ones with the rules that leave them open, then the closed ones. */
export function WaysOut({ ways }: { ways: readonly Way[] }) {
  if (ways.length === 0) return null;
  const closed = ways.filter(({ state }) => state === 'closed');
  const others = ways.filter(({ state }) => state !== 'closed');
  return (
    <>
      <h2 id="ways-out">How a container could get out</h2>
      <p class="soft">
        Of {ways.length} known ways, this profile closes {closed.length}. The container runtime may
        close others, by the capabilities and mounts that it gives a container.
      </p>
      {others.length > 0 && <List ways={others} />}
      {closed.length > 0 && (
        <details open={others.length === 0}>
          <summary>{closed.length} closed</summary>
          <List ways={closed} />
        </details>
      )}
    </>
  );
}

function List({ ways }: { ways: readonly Way[] }) {
  return (
    <ul class="ways">
      {ways.map(({ name, how, state, example, note, rules }) => (
        <li class={state}>
          <span class="state">{state}</span> <strong>{name}</strong>: {how}{' '}
          <span class="soft">
            {example !== null && <code>{example}</code>} {note}
          </span>
          <Places rules={rules} />
        </li>
      ))}
    </ul>
  );
}
