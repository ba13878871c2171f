import { resolveReferences } from '../../db/resolve.ts';
import { findUnsummarized, type LatestVersion } from '../../db/summaries.ts';
import { ofTeam } from '../../db/viewer.ts';
import { chosenOf } from '../chosen-version.ts';
import { versionReference } from '../comparison.ts';
import { logError } from '../observability/text-log.ts';
import { type SummaryDeps, storedText, summaryOf } from '../permissions.ts';
import { ProblemError } from '../problem.ts';

/** The number of profiles that a run looks at, and the pause after the last one, in milliseconds. */
const profilesPerRun = 200;
const pause = 60_000;

/** Summarizes the versions that lack it among the next profiles; returns `undefined` while none is due. */
export type Summarizing = (time: number) => Promise<void> | undefined;

/**
 * Stores the summaries that pages show of the latest versions: after an upgrade, after the first import of base policies,
 * and of texts that are too long to be summarized when they are published. Runs in small steps beside requests. Failures
 * are logged and retried in the next round.
 */
export function createSummarizing(deps: SummaryDeps): Summarizing {
  let after = 0;
  let due = 0;
  const work = async (time: number): Promise<void> => {
    try {
      const { found, next } = await findUnsummarized(deps.db, after, profilesPerRun);
      after = next ?? 0;
      if (next === undefined) due = time + pause;
      for (const one of found) {
        if (deps.isEnding?.()) return;
        await summarizeLatest(deps, one);
      }
    } catch (error) {
      // What is requested takes precedence.
      const isBusy = error instanceof ProblemError && error.id === 'busy';
      if (!isBusy && !deps.isEnding?.()) logError(error);
    }
  };
  return (time) => (time < due ? undefined : work(time));
}

async function summarizeLatest(deps: SummaryDeps, latest: LatestVersion): Promise<void> {
  const reference = versionReference(latest);
  const viewer = ofTeam(latest.team);
  const [row] = await resolveReferences(deps.db, viewer, [reference], true);
  const text = await storedText(deps, viewer, chosenOf(reference, row, undefined));
  await summaryOf(deps, text, undefined);
}
