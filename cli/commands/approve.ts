import {
  type ApproveEvent,
  type ApproveRefusal,
  approve as approveUpdate,
  type Proposal,
} from '../../sdk/calls/approve.ts';
import { isHeldFrom } from '../../sdk/host/installation.ts';
import { type AdvisedHost, hostCommand } from '../../sdk/host-command.ts';
import { formatReference } from '../../trust/index.ts';
import { bundleAdvice } from '../bundle-file.ts';
import { CliError, defineCommand, exit } from '../framework/command.ts';
import { formatOption, printResult } from '../framework/format.ts';
import { reportHostEvent, reportVariant } from '../host-events.ts';
import { trustAdvice } from '../host-trust.ts';
import { pathOf } from '../installed.ts';
import { changeData, describeChange } from '../policy-comparison.ts';
import { refused } from '../refused.ts';
import { connectWith, registryOptions } from '../session.ts';
import { rootOf, rootOption, targetOption } from '../target.ts';
import type { Io } from '../terminal/io.ts';
import { confirm } from '../terminal/prompt.ts';
import { entryOf, wantedBySync } from '../wanted-by-sync.ts';

export const approve = defineCommand({
  name: 'approve',
  summary: 'Let sync install an update that permits more than the installed version',
  args: [{ name: 'REF' }],
  options: {
    yes: { type: 'boolean', description: 'Do not ask for confirmation' },
    bundle: {
      type: 'string',
      value: 'FILE',
      description: 'Read the version from a bundle instead of the registry',
    },
    format: formatOption,
    ...registryOptions,
    root: rootOption,
    target: targetOption,
  },
  details:
    'For profiles with updates = "narrowing" or "same" in profiles.toml: "sync" does not install an update that may ' +
    'permit more than the installed version, or for "same" that permits anything else; "status" lists the updates that ' +
    'wait. Shows what the version permits in place of the installed one, as "diff" does, computed with this host’s own ' +
    'base policy, and asks for confirmation. The next "sync" installs exactly that version if profiles.toml selects ' +
    'it. REF is [team/]name for the held version, or names a version, such as name@1.2.0. "pull name@1.2.0" installs ' +
    'a version immediately, without approval.',
  examples: [
    'sudo aa-registry approve docker-nginx',
    'sudo aa-registry approve acme/web@2.0.0 --yes',
  ],
  async run({ values, args: [text = ''], io }) {
    const { registry, bundle, target, yes = false, format } = values;
    const root = rootOf(values.root);
    const done = await approveUpdate(text, {
      root,
      registry,
      bundle,
      target,
      env: io.env,
      connect: connectWith(io, values),
      onEvent: (event) => reportEvent(io, event, values),
      decide: (proposal) => decide(io, proposal, { yes, isJson: format === 'json', values }),
    });
    if (!done.ok) throw refusal(done, values);
    if (!done.approved) throw new CliError(exit.failed, 'Nothing was approved.');
    const { installation, profile, policy } = done.proposal;
    const { team, name, version, digest } = profile;
    const path = pathOf(profile);
    printResult(
      io,
      values,
      { team, name, version, digest, from: installation.version, policy: changeData(policy) },
      `Approved ${path} ${version}: "sync" installs it where profiles.toml selects it.`,
    );
    const selected = installation.waiting?.version;
    if (isHeldFrom(installation, version)) {
      io.note(
        `Warning: ${path} was rolled back from ${version}, so "sync" keeps ${installation.version}; to install it: ${hostCommand(`pull ${path}@${version}`, { root })}`,
      );
    } else if (selected !== undefined && selected !== version) {
      io.note(
        `Warning: "sync" last selected ${path} ${selected}, which waits; to install ${version} now: ${hostCommand(`pull ${path}@${version}`, { root })}`,
      );
    } else if (entryOf(await wantedBySync(root), profile)?.updates === 'any') {
      io.note(`profiles.toml lets in all updates of ${path}, so none needs approval.`);
    }
    return exit.ok;
  },
});

/** Shows what a version permits, and asks whether to approve it. */
async function decide(
  io: Io,
  { installation, profile, policy }: Proposal,
  { yes, isJson, values }: { yes: boolean; isJson: boolean; values: AdvisedHost },
): Promise<boolean> {
  const path = pathOf(profile);
  const { version, signers } = profile;
  const say = isJson ? io.note : io.print;
  say(`${path} ${version}, signed by ${signers.map(({ keyId }) => keyId).join(' and ')}`);
  for (const line of describeChange(policy, installation.version)) say(line);
  if (yes) return true;
  if (!io.stdin.isTTY) {
    throw new CliError(
      exit.usage,
      'Nothing was approved: there is no terminal to confirm on.',
      `After reading what it permits: ${hostCommand(`approve ${path}@${version} --yes`, values)}`,
    );
  }
  return confirm(io, `Let "sync" install ${path} ${version}?`);
}

function reportEvent(io: Io, event: ApproveEvent, host: AdvisedHost): void {
  switch (event.kind) {
    case 'yanked':
      io.note(`Warning: ${formatReference(event.reference)} was yanked: ${event.reason}`);
      break;
    case 'variant':
      reportVariant(io.note, event);
      break;
    case 'started':
    case 'progress':
    case 'verified':
      break;
    default:
      reportHostEvent(io, event, host);
  }
}

function refusal(done: ApproveRefusal, values: AdvisedHost & { bundle?: string }): CliError {
  if (!('reference' in done)) return refused(done);
  const { id, reference, seen, lacksKeys } = done;
  const ofBundle = values.bundle === undefined ? undefined : bundleAdvice(id, seen);
  const next = ofBundle ?? trustAdvice(id, { ...reference, lacksKeys }, values);
  return refused(done, { next });
}
