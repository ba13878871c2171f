import { attachmentsIn, describeAttachments } from '../../sdk/attachments.ts';
import { parseReferences } from '../../sdk/calls/prove.ts';
import { type PullEvent, type Pulled, type PullRefusal, pullAll } from '../../sdk/calls/pull.ts';
import { type VerifyOptions, type VerifyRefusal, verifyAll } from '../../sdk/calls/verify.ts';
import { isRegistryFailure } from '../../sdk/client.ts';
import { textInstalled } from '../../sdk/host/installed-text.ts';
import { findParser, hasParser } from '../../sdk/host/parser.ts';
import { type AdvisedHost, hostCommand } from '../../sdk/host-command.ts';
import { lockPath, profilesPlace } from '../../sdk/profiles-file.ts';
import { isUnresolved, type VerifiedProfile } from '../../sdk/resolve/index.ts';
import { compareVersions, formatReference, type Reference } from '../../trust/index.ts';
import { copyAdvice, offlineOption, requireOfflineBundle } from '../bundle-file.ts';
import { CliError, defineCommand, exit } from '../framework/command.ts';
import { toCliError } from '../framework/failure.ts';
import { formatOption, outputItems } from '../framework/format.ts';
import { reportHostEvent, reportSetAside, reportVariant } from '../host-events.ts';
import { trustAdvice, trustOption } from '../host-trust.ts';
import { pathOf } from '../installed.ts';
import { connectMirrorWith, fromOption, mirrorLimits } from '../mirror.ts';
import { isStandardOutput, standardOutput, writeResult } from '../output.ts';
import { changeData, describeChange } from '../policy-comparison.ts';
import { reportUse } from '../profile-use.ts';
import { refused } from '../refused.ts';
import { connectWith, registryOptions } from '../session.ts';
import { rootOf, rootOption, targetOption } from '../target.ts';
import { diffOf } from '../terminal/diff.ts';
import type { Io } from '../terminal/io.ts';
import { type Progress, showingProgress } from '../terminal/progress.ts';
import { entryOf, lockedVersion, wantedBySync } from '../wanted-by-sync.ts';

export const pull = defineCommand({
  name: 'pull',
  summary: 'Fetch, verify, install and load profiles',
  args: [{ name: 'REF', optional: true, repeated: true }],
  options: {
    format: formatOption,
    ...registryOptions,
    root: rootOption,
    trust: trustOption,
    target: targetOption,
    bundle: {
      type: 'string',
      value: 'FILE',
      description: 'Install from a bundle: all profiles in it, or the REFs',
    },
    from: fromOption,
    offline: offlineOption,
    complain: {
      type: 'boolean',
      description: 'Load in complain mode until "enforce": log and allow what no rule allows',
    },
    replace: {
      type: 'boolean',
      description: 'Replace profiles of the same names that something else has loaded',
    },
    'dry-run': {
      type: 'boolean',
      short: 'n',
      description: 'Show changes of the text and of what it permits; change nothing',
    },
    'download-only': {
      type: 'boolean',
      description: 'Verify and write to --output; do not install',
    },
    output: {
      type: 'string',
      short: 'o',
      value: 'FILE',
      description: 'Output of --download-only; - is standard output',
    },
  },
  details:
    'REF is [team/]name, name@1.2.0, name@^1.2 (a range, in npm’s syntax), name:channel or ' +
    'name@sha256:…. The profile must be signed by a key in the trust file ("aa-registry trust ' +
    'init" creates one) and be in the registry’s log. It is installed as ' +
    '/etc/apparmor.d/aa-registry.TEAM.NAME and loaded with apparmor_parser. Without an exact version, "pull" never ' +
    'installs an older version, and does not install an update that needs approval (see "approve"). All REFs are ' +
    'verified before the first is installed. Profiles in complain mode stay in it until "enforce". For a new ' +
    'profile, "pull" shows how to run a container with it; "run-args" shows it at any time. A mirror is a registry ' +
    'of OCI artifacts or a folder in the OCI layout; its copies are verified like those of the registry.',
  examples: [
    'sudo aa-registry pull docker-nginx',
    'sudo aa-registry pull docker-nginx acme/web:candidate --complain',
    'aa-registry pull docker-nginx --dry-run',
    'aa-registry pull docker-nginx@1.0.0 --download-only -o docker-nginx',
    'aa-registry pull docker-nginx --root /mnt/image',
    'sudo aa-registry pull --bundle profiles.bundle',
    'sudo aa-registry pull --from oci://mirror.example/library/docker-nginx:1.2.0',
  ],
  async run({ values, args, io }) {
    const { bundle, from, output } = values;
    const downloadOnly = values['download-only'] ?? false;
    const dryRun = values['dry-run'] ?? false;
    if (args.length === 0 && bundle === undefined && from === undefined) {
      throw new CliError(
        exit.usage,
        '"pull" requires REF…, --bundle FILE or --from MIRROR.',
        'Usage: aa-registry pull [REF…] [--bundle FILE | --from MIRROR] [OPTIONS]',
      );
    }
    if (downloadOnly !== (output !== undefined)) {
      throw new CliError(exit.usage, '--download-only and -o FILE require each other.');
    }
    if (output !== undefined && args.length !== 1 && from === undefined) {
      throw new CliError(exit.usage, '--download-only takes exactly one REF.');
    }
    requireOfflineBundle(values);
    if (downloadOnly && (dryRun || values.complain || values.replace)) {
      throw new CliError(exit.usage, '--download-only can’t be combined with other modes.');
    }
    isStandardOutput(output, values);
    const parsed = parseReferences(args);
    if (!parsed.ok) throw refused(parsed);
    const { references } = parsed;
    const root = rootOf(values.root);
    const { trust, registry, offline, complain, replace, target } = values;
    const connect = connectWith(io, values);
    const connectMirror = connectMirrorWith(io, values);
    const call = {
      ...{ root, trust, registry, bundle, from, target, env: io.env },
      ...{ connect, connectMirror },
    };
    if (output !== undefined) return download(io, values, parsed.references, { ...call, output });

    const items: Pulled[] = [];
    await outputItems(io, values, (done) =>
      showingProgress(io, [], async (progress) => {
        const report = await pullAll(parsed.references, {
          ...call,
          offline,
          complain,
          replace,
          dryRun,
          onEvent: (event) => {
            reportEvent(io, progress, event, values);
            if (event.kind !== 'installed') return;
            const { profile, changed, from = null, mode = null, setAside = null } = event.pulled;
            const item = { ...identityOf(profile), changed, from, mode, setAside };
            done({ ...item, ...neededOf(event.pulled) }, describeInstallation(event.pulled));
            for (const line of describeNeeded(event.pulled)) progress.note(line);
          },
        }).catch((thrown: unknown) => {
          // All profiles are fetched before the first is installed.
          if (dryRun || references.length < 2 || !isRegistryFailure(thrown)) throw thrown;
          throw withoutInstallation(toCliError(thrown, io.env));
        });
        if (!report.ok) throw refusal(report, report.items.length, values, references.length);
        items.push(...report.items);
        if (dryRun) {
          for (const one of items) showChange(io, root, one, done);
          return;
        }
        // The progress display ends here; JSON output follows it.
        if ((await findParser()) === undefined) {
          progress.note('Not checked with apparmor_parser: this machine has none.');
        }
        if (root !== '/') progress.note(notLoaded(root));
      }),
    );
    const wanted = dryRun ? [] : await wantedBySync(root);
    for (const [index, { profile, from }] of (dryRun ? [] : items).entries()) {
      const { team, name, deprecation } = profile;
      const pulled = parsed.references[index];
      const entry = entryOf(wanted, profile);
      const locked = entry && (await lockedVersion(root, entry));
      if (locked !== undefined && locked !== profile.version) {
        io.note(
          `Warning: ${lockPath(profilesPlace(root))} has ${pathOf(profile)} ${locked}, so the next "sync" installs that; to update it: ${hostCommand('lock', values)}`,
        );
      } else if (
        locked === undefined &&
        pulled &&
        entry &&
        formatReference(pulled) !== formatReference(entry.reference)
      ) {
        io.note(
          `Warning: ${profilesPlace(root)} lists "${formatReference(entry.reference)}", so the next "sync" may install another version; change it there.`,
        );
      }
      if (deprecation !== undefined) io.note(`Deprecated: ${team}/${name}: ${deprecation}`);
      const isNew = from === undefined;
      if (values.format !== 'json' && isNew && profile.kind !== 'abstraction')
        reportUse(io, profile, items.length === 1);
    }
    return items.some(({ held }) => held) ? exit.waiting : exit.ok;
  },
});

/** Writes one verified profile to a file or standard output. */
async function download(
  io: Io,
  values: {
    format?: 'text' | 'json';
    root?: string;
    trust?: string;
    bundle?: string;
    from?: string;
  },
  references: readonly Reference[],
  { output, ...call }: VerifyOptions & { output: string },
): Promise<number> {
  await outputItems(io, values, (done) =>
    showingProgress(io, [], async (progress) => {
      const verified = await verifyAll(references, {
        ...call,
        offline: true,
        onEvent: (event) => reportEvent(io, progress, event, values),
      });
      if (!verified.ok) throw refusal(verified, 0, values);
      for (const profile of verified.profiles) {
        await writeResult(io, output, profile.bytes);
        done({ ...identityOf(profile), file: output });
      }
      if (output !== standardOutput) progress.note(`Wrote ${output}`);
    }),
  );
  return exit.ok;
}

function reportEvent(
  io: Io,
  progress: Progress,
  event: PullEvent,
  host: AdvisedHost & { from?: string | undefined },
): void {
  const { start, update, note, detail } = progress;
  switch (event.kind) {
    case 'started':
      start(event.references.map(formatReference));
      break;
    case 'progress':
      update(event.at, event.stage);
      break;
    case 'yanked':
      note(`Warning: ${formatReference(event.reference)} was yanked: ${event.reason}`);
      break;
    case 'verified': {
      const { team, name, version, digest, signers, checkpoint } = event.profile;
      detail(`Fetched ${team}/${name}@${version} ${digest}`);
      for (const { keyId } of signers) detail(`Verified: signed for team ${team} by ${keyId}`);
      detail(
        `Verified: included in the log ${checkpoint.origin}, which has ${checkpoint.size} entries`,
      );
      if (host.from !== undefined) note(mirrorLimits(event.profile.checkpointTime));
      break;
    }
    case 'step':
      update(event.at, event.step);
      detail(event.step);
      break;
    case 'variant':
      reportVariant(note, event);
      break;
    case 'attaches':
      note(`${pathOf(event.profile)} ${describeAttachments(event.attachments)}`);
      break;
    case 'installed': {
      const { profile, changed, mode, setAside } = event.pulled;
      const inMode = mode === undefined ? '' : `, ${mode} mode`;
      const stage = changed ? `installed${inMode}` : 'is already installed';
      update(event.at, `${profile.version} ${stage}`);
      if (setAside !== undefined) reportSetAside(note, setAside);
      break;
    }
    default:
      reportHostEvent(io, event, host);
  }
}

/** The error for a refusal after `done` of `count` profiles were installed. */
function refusal(
  report: PullRefusal | VerifyRefusal,
  done: number,
  values: { root?: string; trust?: string; bundle?: string; from?: string },
  count = 1,
): CliError {
  if ('reference' in report) {
    const { id, reference, seen, lacksKeys } = report;
    const next =
      copyAdvice(values, id, seen) ?? trustAdvice(id, { ...reference, lacksKeys }, values);
    const error = refused(report, { next });
    if (count === 1 || !isUnresolved(id)) return error;
    return withoutInstallation(error);
  }
  if (!('profile' in report) || 'waiting' in report || done === 0) return refused(report);
  return refused(report, { consequence: `${report.profile.name} was not changed` });
}

/** Adds to an error about one of several profiles that the others were not installed either. */
function withoutInstallation({ exitCode, message, next, id }: CliError): CliError {
  return new CliError(exitCode, `${message} Nothing was installed.`, next, id);
}

/** The fields of a profile in all JSON output. */
function identityOf(profile: VerifiedProfile) {
  const { team, name, version, digest, variant = null, signers, deprecation = null } = profile;
  const signedBy = signers.map(({ keyId }) => keyId);
  return { team, name, version, digest, variant, signedBy, deprecation };
}

function showChange(
  io: Io,
  root: string,
  pulled: Pulled,
  done: (item: object, ...lines: string[]) => void,
): void {
  const { profile } = pulled;
  const { path, text } = textInstalled(root, profile);
  const diff = diffOf(path, text, profile.bytes, profile.version);
  const changed = diff !== '';
  if (pulled.held) {
    io.note(`Would not be installed: ${pulled.held.reason}.`);
    if (pulled.held.next !== undefined) io.note(pulled.held.next);
  } else io.note(`${describePlan(pulled)} Nothing was changed.`);
  const attachments = attachmentsIn(profile);
  const attached = describeAttachments(attachments);
  if (attached !== undefined) io.note(`${pathOf(profile)} ${attached}.`);
  const { policy, from = '' } = pulled;
  const waiting = pulled.held?.waiting ?? null;
  const change = policy ? changeData(policy) : null;
  const own = { ...identityOf(profile), changed, diff, policy: change, waiting, attachments };
  const item = { ...own, ...neededOf(pulled) };
  for (const line of describeNeeded(pulled, 'Would be installed')) io.note(line);
  const lines = changed ? [diff.trimEnd()] : [];
  done(item, ...lines, ...(policy ? describeChange(policy, from) : []));
}

/** What is installed with a profile, in JSON. */
function neededOf({ needed, reloaded }: Pulled) {
  return {
    needed: needed.map(({ from = null, ...one }) => ({ ...one, from })),
    reloaded: reloaded.map(({ team, name }) => `${team}/${name}`),
  };
}

/** What is installed with a profile, in sentences. */
function describeNeeded({ needed, reloaded }: Pulled, verb = 'Installed'): string[] {
  return [
    ...needed.map(
      ({ team, name, version, from }) =>
        `${verb} with it: ${pathOf({ team, name })} ${version}${from === undefined ? '' : ` in place of ${from}`}`,
    ),
    ...(reloaded.length > 0
      ? [
          `${verb === 'Installed' ? 'Loaded' : 'Would be loaded'} again with it: ${reloaded.map(pathOf).join(', ')}`,
        ]
      : []),
  ];
}

/** A sentence that says what a pull would do. */
function describePlan({ profile, changed, from }: Pulled): string {
  const { version } = profile;
  const path = pathOf(profile);
  if (from === undefined) return `Would install ${path} ${version}.`;
  if (from !== version) {
    const verb = compareVersions(version, from) < 0 ? 'downgrade' : 'update';
    const same = changed ? '' : '; the profile is the same';
    return `Would ${verb} ${path} from ${from} to ${version}${same}.`;
  }
  return changed
    ? `Would install ${path} ${version} again, because its file was changed.`
    : `${path} ${version} is already installed.`;
}

/** A sentence with the result for a profile, and its previous and current version. */
function describeInstallation({ profile, changed, from }: Pulled): string {
  const { version } = profile;
  const path = pathOf(profile);
  if (!changed) return `${path} ${version} is already installed`;
  if (from === undefined) return `Installed ${path} ${version}`;
  if (from === version) return `Reinstalled ${path} ${version}`;
  const verb = compareVersions(version, from) < 0 ? 'Downgraded' : 'Updated';
  return `${verb} ${path} from ${from} to ${version}`;
}

/** Why a profile in another root is not loaded, and whether that system will load it at boot. */
function notLoaded(root: string): string {
  const why = `Not loaded: ${root} is not this machine's root.`;
  return hasParser(root) ? why : `${why} It has no apparmor_parser, which would load it at boot.`;
}
