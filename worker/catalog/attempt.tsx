import { raw } from 'hono/html';
import type { ShownSummary } from '../../db/summaries.ts';
import { newestRelease } from '../../policy/index.ts';

/** The operations of the form; browser/can/question.ts reads them. */
const operations = {
  read: 'read',
  write: 'write',
  append: 'append to',
  lock: 'lock',
  map: 'map',
  exec: 'execute',
  capability: 'use the capability',
  network: 'use the network',
} as const;

/** A form that answers whether the profile permits an operation, which the script shows (browser/can). */
export function Attempt(props: {
  /** The path of the profile's text in the API. */
  profile: string;
  /** The stored summary, whose release and base policy decide; without one, the newest release without its base policy. */
  summary: ShownSummary | null;
}) {
  const { profile, summary } = props;
  const { release, base } = summary ?? { release: newestRelease, base: null };
  return (
    <div id="attempt" data-profile={profile} data-release={release} data-base={base ?? ''} hidden>
      <h2>Try an operation</h2>
      {attemptForm}
      <div aria-live="polite" />
      <p class="soft">
        Decided in this browser, by the rules of AppArmor {release}
        {base === null ? ' without its base policy' : ' with its base policy'}.
      </p>
    </div>
  );
}

/** The form of a question about a profile, rendered once. */
export const attemptForm = raw(
  String(
    <form class="attempt">
      <label>
        May it
        <select name="operation">
          {Object.entries(operations).map(([operation, text]) => (
            <option value={operation}>{text}</option>
          ))}
        </select>
      </label>
      <label class="wide">
        What
        <input
          name="value"
          required
          maxlength={4096}
          placeholder="/etc/passwd, sys_admin or inet stream"
          autocomplete="off"
          spellcheck={false}
        />
      </label>
      <label class="check">
        <input type="checkbox" name="owner" /> of its own files
      </label>
      <button type="submit">Answer</button>
    </form>,
  ),
);
