import { Command } from './command.tsx';

/**
 * How to verify a version: the command for a host, and a part that the script shows, which verifies in the browser
 * (browser/verify).
 */
export function VerificationPart(props: {
  team: string;
  name: string;
  version: string;
  /** The version as commands name it. */
  reference: string;
  /** Whether anyone may read it: the browser fetches it from the API without credentials. */
  isPublic: boolean;
}) {
  const { team, name, version, reference, isPublic } = props;
  return (
    <>
      <h2 id="verify">Verify</h2>
      <p>
        On a host that trusts the team’s keys, this verifies the signatures and that the log has
        this version:
      </p>
      <Command text={`aa-registry verify ${reference}`} />
      {isPublic && (
        <div id="verification" data-team={team} data-name={name} data-version={version} hidden>
          <form>
            <button type="submit">Verify in this browser</button>
          </form>
          <div aria-live="polite" />
          <p class="soft">
            This makes the same checks with the keys that this registry names, and remembers the log
            in this browser. It finds damaged or mixed-up data, and a log that was changed after you
            saw it. It does not find a dishonest registry, which serves this script too: only a
            host’s own check, with keys from the team, is proof.
          </p>
        </div>
      )}
    </>
  );
}
