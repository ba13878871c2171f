import type { Summarized } from '../../contract/index.ts';
import { unknownReasons } from '../../policy/index.ts';

/** The classes in which a summary or a comparison does not know everything, with the reasons. */
export function NotKnown({ unknown }: Pick<Summarized, 'unknown'>) {
  if (unknown.length === 0) return null;
  return (
    <ul class="warning">
      {unknown.map((one) => (
        <li>
          Not known: {one.class} of <code>{one.profile}</code>: {unknownReasons[one.reason]}
        </li>
      ))}
    </ul>
  );
}
