import { draftProfile, isDraftName } from '../../sdk/denials/draft.ts';
import type { LogEvent } from '../../sdk/denials/event.ts';
import { type Finding, Findings, maxCharacters, maxFindings } from '../../sdk/denials/finding.ts';
import { isOf } from '../../sdk/denials/label.ts';
import { checkKernel } from '../../sdk/host/kernel.ts';
import { fileLog, findKernelLogs, type KernelLog, streamLog } from '../../sdk/host/kernel-log.ts';
import { standardInput } from '../../sdk/host/log-text.ts';
import { hostProfiles } from '../../sdk/host/profile-on-host.ts';
import { maxRecords, policyPlace } from '../../sdk/host/state.ts';
import { denialAdviser, showFinding } from '../denials-advice.ts';
import { isPackageOutput, reportDraft, writeDraft } from '../denials-draft.ts';
import {
  events,
  formError,
  imitationsNote,
  interpretedNote,
  nothingIn,
  readForms,
  Seen,
  tooLongNote,
  unreadNote,
  wrappedNote,
} from '../denials-log.ts';
import { patchProfile, patchTarget, requireProfiles } from '../denials-patch.ts';
import {
  type AdvisedFinding,
  findingJson,
  findingLines,
  listed,
  profileHeading,
  spelt,
} from '../denials-report.ts';
import { CliError, defineCommand, exit } from '../framework/command.ts';
import { lineFormatOption } from '../framework/format.ts';
import { requireSince } from '../framework/since.ts';
import { includeOptions, includeResolver } from '../include-options.ts';
import { rootOf, rootOption } from '../target.ts';
import { interruption } from '../terminal/interruption.ts';
import { type Io, widthOf } from '../terminal/io.ts';

/** Accesses that were denied, or would have been in enforce mode. */
const refusals = new Set(['DENIED', 'ALLOWED', 'KILLED', 'ERROR']);

const quietNote =
  'Note: deny rules without "audit" log nothing; "aa-registry doctor NAME" shows what those of an installed profile refuse.';

/** How long --follow caches the host's profiles, in milliseconds. */
const freshness = 10_000;

export const denials = defineCommand({
  name: 'denials',
  summary: 'Explain AppArmor denials and suggest rules',
  args: [],
  options: {
    profile: { type: 'string', value: 'NAME', description: 'Only denials of this profile' },
    since: {
      type: 'string',
      value: 'TIME',
      description: 'Only since this time: 30m, 2h, 1d, 2026-01-31',
    },
    follow: { type: 'boolean', short: 'f', description: 'Show new denials until interrupted' },
    file: {
      type: 'string',
      multiple: true,
      value: 'FILE',
      description: 'Read this log instead; - is standard input; repeatable',
    },
    all: {
      type: 'boolean',
      description: 'Also show accesses that were allowed and logged, and profile loads',
    },
    generalise: {
      type: 'boolean',
      description:
        'Suggest rules for all process ids, numbers, random names in temporary folders, homes and container paths',
    },
    patch: {
      type: 'string',
      value: 'FILE|DIR',
      description: 'Add the rules to this profile or package',
    },
    copy: {
      type: 'boolean',
      description: 'Let --patch create FILE as a copy of the installed profile of --profile',
    },
    draft: {
      type: 'string',
      value: 'NAME',
      description: 'Write a profile of this name from a complain-mode log',
    },
    output: {
      type: 'string',
      short: 'o',
      value: 'FILE|DIR/',
      description: 'Output of --draft: a file, a package folder, or - for standard output',
    },
    force: { type: 'boolean', description: 'Let --draft overwrite an existing profile' },
    format: lineFormatOption,
    root: rootOption,
    ...includeOptions,
  },
  details:
    'Reads the logs of auditd, the kernel and journald, and counts an event only once if several logs have it. Shows the ' +
    'rule of the installed profile that denied it, with its line, or the narrowest rule that would allow it, and what ' +
    'else that rule permits, as "diff" describes it. --patch and --draft say which rules allow access to secrets or ' +
    'accounts. --file reads the output of dmesg, syslog, auditd, ausearch and journalctl, also in gzip, zstd, UTF-16 ' +
    'or JSON lines. Exits with 1 if such a log has no AppArmor messages, or if some lines about AppArmor could not be ' +
    'read, as these may be denials; those that were read are shown. ' +
    '--patch never removes a rule: if a deny rule still forbids an access, it exits with 1. With a folder, --draft also ' +
    `writes aa-profile.toml and README.md; it exits with 1 if the AppArmor of this machine is too old for the profile. --follow keeps counts for the latest ${number(maxFindings)} findings.`,
  examples: [
    'sudo aa-registry denials --since 1h',
    'sudo aa-registry denials --follow --profile docker-nginx',
    'ssh web1 dmesg | aa-registry denials --file - --format json',
    'sudo aa-registry denials --profile docker-nginx --patch ./docker-nginx',
    'sudo aa-registry denials --profile docker-nginx --patch ./docker-nginx --copy',
    'sudo aa-registry denials --draft my-app -o my-app/',
  ],
  async run({ values, io }) {
    const { follow = false, draft, output, generalise = false } = values;
    const target = values.patch;
    const { format = 'text' } = values;
    if ([follow, target !== undefined, draft !== undefined].filter(Boolean).length > 1) {
      throw new CliError(exit.usage, '--follow, --patch and --draft are mutually exclusive.');
    }
    if (format === 'json' && (target !== undefined || draft !== undefined)) {
      throw new CliError(
        exit.usage,
        '--patch and --draft write a profile; --format json can’t be used with them.',
      );
    }
    if ((output !== undefined || values.force) && draft === undefined) {
      throw new CliError(exit.usage, '-o FILE and --force require --draft NAME.');
    }
    if (values.copy && (target === undefined || values.profile === undefined)) {
      throw new CliError(exit.usage, '--copy requires --profile NAME and --patch FILE.');
    }
    if (draft !== undefined && !isDraftName(draft)) {
      throw new CliError(exit.usage, `"${draft}" is not a valid profile name.`);
    }
    const root = rootOf(values.root);
    const now = Date.now();
    const since = values.since === undefined ? undefined : requireSince(values.since, now);
    const logs = await logsOf(values.file, root, io);
    const base = values.base ?? policyPlace(root);
    const resolver = includeResolver({ ...values, base });
    const wanted = draft ?? values.profile;
    const types = draft === undefined ? refusals : new Set(['ALLOWED']);
    const select = (event: LogEvent, from: number | undefined) =>
      (values.all || types.has(event.type)) && (from === undefined || (event.time ?? now) >= from);
    const about = ({ profile }: Finding) => wanted === undefined || isOf(profile, wanted);
    const host = hostProfiles(root, resolver);
    const adviser = denialAdviser(resolver, { generalise, keep: !follow });
    const advise = (finding: Finding, profiles = host) => adviser(finding, profiles);

    if (follow) {
      // Without --since, earlier events are skipped.
      const from = since ?? (values.file ? undefined : now);
      const place = since === undefined ? 'end' : 'start';
      const until = interruption();
      const findings = new Findings({ max: maxFindings, keep: 'last' });
      const shown = new Set<string>();
      const profiles = renewed(() => hostProfiles(root, includeResolver({ ...values, base })));
      const failed = (error: unknown) => {
        throw values.file ? formError(error) : unreadable(error);
      };
      const following = logs.map((log) => log.follow(place, until));
      const seen = new Seen();
      const followed = await Promise.all(following).catch(failed);
      io.note(`Following ${logs.map(({ name }) => name).join(', ')}; press Ctrl-C to stop.`);
      await Promise.all(
        followed.map(async (lines) => {
          for await (const event of events(lines, io, seen, false)) {
            const finding = select(event, from) ? findings.add(event) : undefined;
            if (!finding || !about(finding)) continue;
            if (shown.size > maxFindings) shown.clear();
            showFinding(io, format, await advise(finding, profiles()), shown);
          }
        }),
      ).catch(failed);
      return exit.ok;
    }

    const findings = new Findings({ max: maxFindings });
    const unread: { name: string; error: Error }[] = [];
    const all = new Seen();
    // Named logs without any AppArmor message that this program can read.
    const silent: { name: string; seen: Seen }[] = [];
    for (const log of logs) {
      const seen = new Seen();
      try {
        for await (const event of events(
          log.read(() => seen.tooLong++),
          io,
          seen,
          true,
        )) {
          if (select(event, since)) findings.add(event);
        }
      } catch (error) {
        if (values.file) throw formError(error);
        unread.push({ name: log.name, error: error as Error });
      }
      all.add(seen);
      if (seen.events === 0) silent.push({ name: log.name, seen });
    }
    if (unread.length === logs.length) throw unreadable(unread[0]?.error);
    for (const { name, error } of unread) {
      io.note(`Not all of ${name} could be read: ${error.message}`);
    }
    for (const { name, unread: bytes } of logs) reportUnreadBytes(io, name, bytes?.() ?? 0);
    if (findings.leftOut > 0) {
      io.note(
        `The log has more findings than the maximum of ${number(maxFindings)}, or longer ones than ${maxCharacters >> 20} MiB; ${number(findings.leftOut)} more events were left out. Use --since to limit them.`,
      );
    }
    const found = findings.all().filter(about);
    const ofOwnHost = !values.file && root === '/';
    if (all.events === 0 && !ofOwnHost) {
      throw new CliError(exit.failed, nothingIn(silent[0]?.name ?? 'the log', all), readForms);
    }
    if (values.file) for (const { name, seen } of silent) io.note(nothingIn(name, seen));
    if (all.interpreted) io.note(interpretedNote);
    if (all.unread > 0) io.note(unreadNote(all.unread));
    if (all.wrapped > 0) io.note(wrappedNote(all.wrapped));
    if (all.tooLong > 0) io.note(tooLongNote(all.tooLong));
    if (all.imitations > 0) io.note(imitationsNote(all.imitations));
    // What was not read may be a denial.
    const code = all.skipped > 0 ? exit.failed : exit.ok;
    if (code !== exit.ok) io.note('Some denials may be missing (exit code 1).');

    if (draft !== undefined) {
      if (found.length === 0) {
        throw new CliError(
          exit.failed,
          `The log has no ALLOWED lines for ${draft}.`,
          'Load a profile of that name with flags=(complain), use the program, and try again.',
        );
      }
      const isPackage = await isPackageOutput(output);
      const drafted = draftProfile(draft, found, { generalise, resolver, isPackage });
      for (const { operation, reason } of drafted.unsaid) {
        io.note(`No rule was written for ${spelt(`${operation ?? 'an event'}: ${reason}`)}.`);
      }
      await writeDraft(io, { name: draft, ...drafted }, output, values.force ?? false);
      const loadable = reportDraft(io, draft, drafted, resolver);
      return loadable === exit.ok ? code : loadable;
    }
    if (target !== undefined) {
      const start = await patchTarget(target, host, {
        only: values.profile,
        copy: values.copy ?? false,
      });
      requireProfiles(start, { only: values.profile, found, named: profilesIn(findings.all()) });
      const patched = await patchProfile(io, start, found, { generalise, resolver });
      return patched === exit.ok ? code : patched;
    }

    if (found.length === 0 && code !== exit.ok) return code;
    if (all.events === 0) {
      io.note(nothingIn(logs.map(({ name }) => name).join(', '), all));
    } else {
      const named = profilesIn(findings.all());
      const selected = wanted === undefined ? undefined : { wanted, named };
      await showAll(io, format, found, advise, selected);
    }
    reportUnreadRecords(io, host.unreadRecords());
    if (found.length === 0 && ofOwnHost && !values.all) io.note(quietNote);
    if (found.length === 0 && ofOwnHost) {
      const kernel = await checkKernel();
      if (!kernel.ok) io.note(`AppArmor is not enabled: ${kernel.reason}.`);
    }
    return code;
  },
});

function reportUnreadBytes(io: Io, name: string, bytes: number): void {
  if (bytes === 0) return;
  io.note(`Only the end of ${name} was read; ${number(bytes)} bytes before it were skipped.`);
}

function reportUnreadRecords(io: Io, records: number): void {
  if (records === 0) return;
  io.note(
    `${records} more records of installed profiles were not read: the limit is ${maxRecords.count} records or ${maxRecords.bytes >> 20} MiB.`,
  );
}

function number(count: number): string {
  return count.toLocaleString('en');
}

/** A cached value that is rebuilt after a while, because profiles may be updated meanwhile. */
function renewed<Value>(make: () => Value): () => Value {
  let value = make();
  let end = performance.now() + freshness;
  return () => {
    if (performance.now() > end) {
      value = make();
      end = performance.now() + freshness;
    }
    return value;
  };
}

async function logsOf(files: string[] | undefined, root: string, io: Io): Promise<KernelLog[]> {
  if (files) {
    return files.map((file) => (file === '-' ? streamLog(standardInput, io.stdin) : fileLog(file)));
  }
  const logs = await findKernelLogs(root);
  if (logs.length > 0) return logs;
  throw new CliError(
    exit.unable,
    'No kernel log was found: no /var/log/audit/audit.log, /dev/kmsg or journal.',
    'Name one with --file FILE, or pipe one in with --file -.',
  );
}

function unreadable(error: unknown): Error {
  const { code } = error as NodeJS.ErrnoException;
  if (code !== 'EACCES' && code !== 'EPERM') return error as Error;
  return new CliError(
    exit.unable,
    'Reading the kernel log requires root.',
    'Run it with sudo, or pass a log with --file FILE or --file -.',
  );
}

/** The profiles of findings, each once. */
function profilesIn(findings: readonly Finding[]): string[] {
  return [...new Set(findings.flatMap(({ profile }) => profile ?? []))];
}

async function showAll(
  io: Io,
  format: 'text' | 'json',
  all: readonly Finding[],
  adviser: (finding: Finding) => Promise<AdvisedFinding>,
  /** The requested profile, and the profiles in the log. */
  selected: { wanted: string; named: readonly string[] } | undefined,
): Promise<void> {
  if (format === 'json') {
    for (const one of all) io.print(findingJson(await adviser(one)));
    return;
  }
  if (all.length === 0) {
    io.print(`No denials${selected === undefined ? '' : ` by ${selected.wanted}`}.`);
    if (selected !== undefined && selected.named.length > 0) {
      io.note(`The log has events of these profiles: ${listed(selected.named)}.`);
    }
    return;
  }
  const shown = new Set<string>();
  for (const [profile, some] of Map.groupBy(all, (one) => one.profile)) {
    let isFirst = true;
    for (const one of some) {
      const advised = await adviser(one);
      if (isFirst) io.print(profileHeading(profile, advised.onHost));
      isFirst = false;
      io.print('');
      for (const line of findingLines(advised, shown, widthOf(io.stdout))) io.print(line);
    }
    io.print('');
  }
}
