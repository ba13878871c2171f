import type { EffectiveProfile } from '../../policy/index.ts';
import { adviseOn } from '../../sdk/denials/advice.ts';
import { draftProfile, isDraftName } from '../../sdk/denials/draft.ts';
import { type LogEvent, suppressedMessages } from '../../sdk/denials/event.ts';
import { type Finding, Findings } from '../../sdk/denials/finding.ts';
import { hostProfilesOf, isOf } from '../../sdk/denials/label.ts';
import { eventsIn, tellsOfDecision } from '../../sdk/denials/log-form.ts';
import { type MissingIncludes, missingIncludes } from '../../sdk/denials/missing-includes.ts';
import { checkKernel } from '../../sdk/host/kernel.ts';
import { fileLog, findKernelLogs, type KernelLog, streamLog } from '../../sdk/host/kernel-log.ts';
import { maxLine } from '../../sdk/host/line-splitter.ts';
import { LogFormError, standardInput } from '../../sdk/host/log-text.ts';
import { type HostProfiles, hostProfiles } from '../../sdk/host/profile-on-host.ts';
import { maxRecords, policyPlace } from '../../sdk/host/state.ts';
import { tellOfDraft, writeDraft } from '../denials-draft.ts';
import { patchProfile, patchTarget } from '../denials-patch.ts';
import {
  type AdvisedFinding,
  findingJson,
  findingLines,
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

/** What was refused, or would have been in enforce mode. */
const refusals = new Set(['DENIED', 'ALLOWED', 'KILLED', 'ERROR']);

/** How many findings of a log are told apart. */
const mostFound = 50_000;

/** How many findings --follow counts. */
const mostFollowed = 10_000;

/** How long --follow takes what it has read of profiles for what the host has, in milliseconds. */
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
    all: { type: 'boolean', description: 'Also allowed and logged accesses, and loaded profiles' },
    generalise: {
      type: 'boolean',
      description:
        'Suggest rules for all process ids, numbers, random names, homes and container paths',
    },
    patch: {
      type: 'string',
      value: 'FILE|DIR',
      description:
        'Add the rules to this profile or package; a new FILE starts as a copy of the installed profile',
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
    'Reads the logs of auditd, the kernel and journald, and counts an event that is in several of them once. Shows the ' +
    'rule of the installed profile that denied it, with its line, or the narrowest rule that would allow it, and says if ' +
    'that rule reads or writes secrets or accounts. --file reads the output of dmesg, syslog, auditd, ausearch and ' +
    'journalctl, also in gzip, zstd, UTF-16 or JSON lines; exits with 1 if the log has no AppArmor messages. ' +
    '--patch never removes a rule: if a deny rule still forbids an access, it exits with 1. With a folder, --draft also ' +
    `writes aa-profile.toml. --follow keeps counts for the latest ${mostFollowed.toLocaleString('en')} findings.`,
  examples: [
    'sudo aa-registry denials --since 1h',
    'sudo aa-registry denials --follow --profile docker-nginx',
    'ssh web1 dmesg | aa-registry denials --file - --format json',
    'sudo aa-registry denials --profile docker-nginx --patch ./docker-nginx',
    'sudo aa-registry denials --draft my-app -o my-app/',
  ],
  async run({ values, io }) {
    const { follow = false, draft, output, generalise = false } = values;
    const target = values.patch;
    const { format = 'text' } = values;
    if ([follow, target !== undefined, draft !== undefined].filter(Boolean).length > 1) {
      throw new CliError(exit.usage, 'Only one of --follow, --patch and --draft can be asked for.');
    }
    if (format === 'json' && (target !== undefined || draft !== undefined)) {
      throw new CliError(exit.usage, '--patch and --draft answer with a profile, not with JSON.');
    }
    if ((output !== undefined || values.force) && draft === undefined) {
      throw new CliError(exit.usage, '-o FILE and --force go with --draft NAME.');
    }
    if (draft !== undefined && !isDraftName(draft)) {
      throw new CliError(exit.usage, `"${draft}" can't be the name of a profile.`);
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
    const lacking = new Map<string, MissingIncludes>();
    const missingOf = (effective: EffectiveProfile | undefined, text: string | undefined) => {
      if (!effective || text === undefined) return [];
      const find = lacking.get(text) ?? missingIncludes(text, resolver);
      if (!follow) lacking.set(text, find);
      return find(effective.profile);
    };
    const adviser = async (finding: Finding, profiles = host): Promise<AdvisedFinding> => {
      const advised: AdvisedFinding[] = [];
      for (const name of hostProfilesOf(finding)) {
        const { effective, onHost } = await profiles.profile(name);
        const missing = missingOf(effective, onHost?.text);
        const advice = adviseOn(finding, effective, { generalise, missing });
        advised.push({ finding, advice, onHost });
      }
      // Of a stack, the profile that does not allow it is the one to tell of.
      return (
        advised.find(({ onHost, advice }) => onHost && advice.evaluation?.outcome !== 'allowed') ??
        advised.find(({ onHost }) => onHost) ??
        advised[0] ?? {
          finding,
          advice: adviseOn(finding, undefined, { generalise }),
          onHost: undefined,
        }
      );
    };

    if (follow) {
      // Without --since, what was there before is not asked for.
      const from = since ?? (values.file ? undefined : now);
      const place = since === undefined ? 'end' : 'start';
      const until = interruption();
      const findings = new Findings({ most: mostFollowed, kept: 'last' });
      const told = new Set<string>();
      const profiles = renewed(() => hostProfiles(root, includeResolver({ ...values, base })));
      const failed = (error: unknown) => {
        throw values.file ? formError(error) : unreadable(error);
      };
      const following = logs.map((log) => log.follow(place, until));
      const seen = new Seen();
      const followed = await Promise.all(following).catch(failed);
      io.tell(`Following ${logs.map(({ name }) => name).join(', ')}; Ctrl-C ends it.`);
      await Promise.all(
        followed.map(async (lines) => {
          for await (const event of events(lines, io, seen)) {
            const finding = select(event, from) ? findings.add(event) : undefined;
            if (!finding || !about(finding)) continue;
            if (told.size > mostFollowed) told.clear();
            show(io, format, await adviser(finding, profiles()), told);
          }
        }),
      ).catch(failed);
      return exit.ok;
    }

    const findings = new Findings({ most: mostFound });
    const unread: { name: string; error: Error }[] = [];
    const all = new Seen();
    // Logs that were named, in which AppArmor has written nothing that can be read here.
    const silent: { name: string; seen: Seen }[] = [];
    for (const log of logs) {
      const seen = new Seen();
      try {
        for await (const event of events(
          log.read(() => seen.tooLong++),
          io,
          seen,
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
      io.tell(`Not all of ${name} could be read: ${error.message}`);
    }
    for (const { name, unread: bytes } of logs) tellUnreadBytes(io, name, bytes?.() ?? 0);
    if (findings.leftOut > 0) {
      io.tell(
        `There are more than ${mostFound} findings: ${findings.leftOut} more events are left out. Ask for fewer with --since.`,
      );
    }
    const found = findings.all().filter(about);
    const ofOwnHost = !values.file && root === '/';
    if (all.events === 0 && !ofOwnHost) {
      throw new CliError(exit.failed, nothingIn(silent[0]?.name ?? 'the log', all), readForms);
    }
    if (values.file) for (const { name, seen } of silent) io.tell(nothingIn(name, seen));
    if (all.interpreted) io.tell(interpretedNote);
    if (all.unread > 0) io.tell(unreadNote(all.unread));
    if (all.tooLong > 0) io.tell(tooLongNote(all.tooLong));

    if (draft !== undefined) {
      if (found.length === 0) {
        throw new CliError(
          exit.failed,
          `The log has no ALLOWED lines of ${draft}.`,
          'Load a profile of that name with flags=(complain), use the program, and try again.',
        );
      }
      const drafted = draftProfile(draft, found, { generalise, resolver });
      for (const { operation, reason } of drafted.unsaid) {
        io.tell(`No rule was written for ${spelt(`${operation ?? 'an event'}: ${reason}`)}.`);
      }
      await writeDraft(io, { name: draft, ...drafted }, output, values.force ?? false);
      tellOfDraft(io, draft, drafted, resolver);
      return exit.ok;
    }
    if (target !== undefined) {
      const start = await patchTarget(target, host, values.profile);
      return patchProfile(io, start, found, { generalise, resolver });
    }

    const advised: AdvisedFinding[] = [];
    for (const finding of found) advised.push(await adviser(finding));
    tellUnreadProfiles(io, host.unread());
    if (found.length === 0 && all.unread + all.tooLong > 0) return exit.failed;
    if (all.events === 0) {
      io.tell(nothingIn(logs.map(({ name }) => name).join(', '), all));
    } else {
      const named = [...new Set(findings.all().flatMap(({ profile }) => profile ?? []))];
      await showAll(io, format, advised, wanted === undefined ? undefined : { wanted, named });
    }
    if (found.length === 0 && ofOwnHost) {
      const kernel = await checkKernel();
      if (!kernel.ok) io.tell(`Nor could it be: ${kernel.reason}.`);
    }
    return exit.ok;
  },
});

function tellUnreadBytes(io: Io, name: string, bytes: number): void {
  if (bytes === 0) return;
  io.tell(
    `Only the end of ${name} was read: ${bytes.toLocaleString('en')} bytes before it were not.`,
  );
}

function tellUnreadProfiles(
  io: Io,
  { profiles, records }: ReturnType<HostProfiles['unread']>,
): void {
  if (profiles > 0) {
    io.tell(
      `${profiles} ${profiles === 1 ? 'profile was' : 'profiles were'} not looked for: the policy folder is too large to be searched for each that the log names. Ask for one with --profile NAME.`,
    );
  }
  if (records > 0) {
    io.tell(
      `${records} more records of installed profiles were not read, being more than ${maxRecords.count} or ${maxRecords.bytes >> 20} MiB.`,
    );
  }
}

/** The same for a while, then made anew: profiles may be updated meanwhile. */
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
    'There is no kernel log here: no /var/log/audit/audit.log, /dev/kmsg or journal.',
    'Name one with --file FILE, or pipe one in with --file -.',
  );
}

function unreadable(error: unknown): Error {
  const { code } = error as NodeJS.ErrnoException;
  if (code !== 'EACCES' && code !== 'EPERM') return error as Error;
  return new CliError(
    exit.unable,
    'The kernel log may be read by root only.',
    'Run it with sudo, or pass a log with --file FILE or --file -.',
  );
}

/** What reading has come by, besides the events that were asked for. */
class Seen {
  /** Whatever AppArmor has written, asked for or not. */
  events = 0;
  /** Lines that tell of a decision of AppArmor's in a form that is not read. */
  unread = 0;
  /** Lines about AppArmor that are longer than any of a log. */
  tooLong = 0;
  /** Whether some are as `ausearch -i` shows them. */
  interpreted = false;

  add({ events, unread, tooLong, interpreted }: Seen): void {
    this.events += events;
    this.unread += unread;
    this.tooLong += tooLong;
    this.interpreted ||= interpreted;
  }
}

const readForms =
  'Read are lines of dmesg, syslog, auditd, ausearch and journalctl, plain or packed with gzip or zstd, also as JSON or in UTF-16. ' +
  'That a log has no such line does not say that nothing was refused.';

const interpretedNote =
  'Note: "ausearch -i" leaves out the quotes, so a name with blanks may be taken for other fields, and a date with slashes is read as month/day/year; "ausearch --raw" is exact.';

function nothingIn(name: string, { unread, tooLong }: Seen): string {
  return [
    `No line that AppArmor wrote was found in ${name}.`,
    ...(unread === 0 ? [] : [unreadNote(unread)]),
    ...(tooLong === 0 ? [] : [tooLongNote(tooLong)]),
  ].join(' ');
}

function tooLongNote(count: number): string {
  const lines = count === 1 ? '1 line about AppArmor was' : `${count} lines about AppArmor were`;
  return `${lines} left out, being longer than ${maxLine / 1024} KiB: of JSON, jq -c writes each entry on a line of its own.`;
}

function unreadNote(count: number): string {
  const lines = count === 1 ? '1 line speaks' : `${count} lines speak`;
  return `${lines} of what AppArmor decided in a form that is not read here.`;
}

function formError(error: unknown): unknown {
  return error instanceof LogFormError
    ? new CliError(exit.failed, error.message, error.hint)
    : error;
}

async function* events(lines: AsyncIterable<string>, io: Io, seen: Seen): AsyncGenerator<LogEvent> {
  let lost = 0;
  for await (const line of lines) {
    lost += suppressedMessages(line);
    const found = eventsIn(line);
    seen.events += found.length;
    if (found.length === 0 && tellsOfDecision(line)) seen.unread++;
    for (const event of found) {
      if (event.interpreted) seen.interpreted = true;
      yield event;
    }
  }
  if (lost > 0) {
    io.tell(
      `The kernel left out ${lost} messages, since there were too many at once: more may have been refused. ` +
        'auditd keeps them all; without it, see kernel.printk_ratelimit in sysctl(8).',
    );
  }
}

function show(io: Io, format: 'text' | 'json', advised: AdvisedFinding, told: Set<string>): void {
  if (format === 'json') {
    io.print(findingJson(advised));
    return;
  }
  const { finding, onHost } = advised;
  const [first = '', second = '', ...rest] = findingLines(advised, told, widthOf(io.stdout));
  io.print(`${profileHeading(finding.profile, onHost)}`);
  // What was shown before needs no second explanation.
  for (const line of [first, second, ...(finding.count === 1 ? rest : [])]) io.print(line);
}

/** The most profiles that are named where the one that was asked for has no events. */
const mostNamed = 20;

async function showAll(
  io: Io,
  format: 'text' | 'json',
  all: AdvisedFinding[],
  /** The profile that was asked for, and those of the log. */
  asked: { wanted: string; named: readonly string[] } | undefined,
): Promise<void> {
  if (format === 'json') {
    for (const one of all) io.print(findingJson(one));
    return;
  }
  if (all.length === 0) {
    io.print(`Nothing was refused${asked === undefined ? '' : ` by ${asked.wanted}`}.`);
    if (asked !== undefined && asked.named.length > 0) {
      const shown = asked.named.slice(0, mostNamed).map(spelt).join(', ');
      const more = asked.named.length - mostNamed;
      io.tell(`The log has events of: ${shown}${more > 0 ? ` and ${more} more` : ''}.`);
    }
    return;
  }
  const told = new Set<string>();
  const byProfile = Map.groupBy(all, ({ finding }) => finding.profile);
  for (const [profile, some] of byProfile) {
    io.print(profileHeading(profile, some[0]?.onHost));
    for (const one of some) {
      io.print('');
      for (const line of findingLines(one, told, widthOf(io.stdout))) io.print(line);
    }
    io.print('');
  }
}
