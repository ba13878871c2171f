import { posix } from 'node:path';
import {
  capabilities,
  check,
  type Decision,
  type FilePermission,
  model,
  type ProfileModel,
  releases,
  type UnknownReason,
} from '../../policy/index.ts';
import { readProfileFile } from '../../sdk/profile-file.ts';
import { CliError, defineCommand, exit } from '../framework/command.ts';
import { formatOption, toJson } from '../framework/format.ts';
import { nearest } from '../framework/nearest.ts';
import { includeOptions, includeResolver } from '../include-options.ts';
import { visibleLine } from '../terminal/io.ts';

const permissions: Readonly<Record<string, FilePermission>> = {
  read: 'r',
  write: 'w',
  append: 'a',
  link: 'l',
  lock: 'k',
  map: 'm',
  exec: 'x',
};

const reasons: Readonly<Record<UnknownReason, string>> = {
  includes: 'not all included files could be read',
  budget: 'the profile is too complex to evaluate',
  variables: 'a variable is undefined or has too many values',
  prompt: 'a prompt rule lets the user decide',
};

export const can = defineCommand({
  name: 'can',
  summary: 'Show whether a profile permits an operation, and by which rules',
  args: [
    { name: 'FILE' },
    { name: 'OPERATION', choices: [...Object.keys(permissions), 'capability'] },
    { name: 'PATH|NAME' },
    { name: 'TARGET', optional: true },
  ],
  options: {
    ...includeOptions,
    owner: { type: 'boolean', description: 'Decide for a process that owns the file' },
    profile: {
      type: 'string',
      value: 'NAME',
      description: 'The profile, hat or child profile, if the file has several',
    },
    target: {
      type: 'string',
      choices: releases,
      description: 'Decide as this AppArmor release does (default: the newest)',
    },
    format: formatOption,
  },
  details:
    'Decides as apparmor_parser and the kernel do, with everything the profile includes. The path ' +
    'is absolute; that of a folder ends with a slash. "link PATH TARGET" is a hard link PATH to the ' +
    'file TARGET. The ' +
    'kernel also checks other security modules and the file’s mode. Exits with 0 for yes; with 1 for no, ' +
    'also if only the owner may and --owner is not given; with 2 if it is unknown.',
  examples: [
    'aa-registry can ./docker-nginx write /etc/passwd',
    'aa-registry can /etc/apparmor.d/usr.bin.man exec /bin/sh --owner',
    'aa-registry can ./docker-nginx capability sys_admin',
  ],
  async run({ values, args, io }) {
    const [path = '', operation = '', subject = '', target] = args;
    const permission = requireOperation(operation, subject, target);
    const read = await readProfileFile(path);
    const options = {
      resolver: includeResolver(values),
      ...(values.target && { target: values.target, targetBase: values.base !== undefined }),
    };
    const error = check(read.text, { ...options, rawBytes: read.rawBytes }).diagnostics.find(
      ({ severity }) => severity === 'error',
    );
    if (error) {
      const { line, column } = error.span.start;
      const where = `${visibleLine(error.file ?? read.file)}:${line}:${column}`;
      throw new CliError(
        exit.usage,
        `apparmor_parser would refuse the profile: ${where}: ${visibleLine(error.message)}`,
        'Run "aa-registry check" for all errors.',
      );
    }
    const { profiles, unread } = model(read.text, options);
    const profile = chooseProfile(profiles, values.profile);
    const { decision, verdict } = decide(
      profile,
      permission,
      subject,
      target,
      values.owner ?? false,
    );
    if (values.format === 'json') {
      io.print(
        toJson(asData(profile, operation, subject, target, verdict, decision, read.file, unread)),
      );
    } else {
      io.print(`${verdictTexts[verdict]}${explanationOf(profile, decision)}`);
      for (const rule of decision.rules) {
        const audit = rule.audit ? 'audit ' : '';
        const deny = rule.deny ? 'deny ' : '';
        const text = `${visibleLine(rule.file ?? read.file)}:${rule.line}: ${audit}${deny}${visibleLine(rule.text.replace(/^(audit |deny )+/, ''))}`;
        io.print(`  ${text}`);
      }
      if (decision.granted === undefined && unread.length > 0)
        io.print(`  not read: ${unread.map(visibleLine).join(', ')}`);
    }
    return verdict === 'yes' ? exit.ok : verdict === 'unknown' ? exit.usage : exit.failed;
  },
});

type Verdict = 'yes' | 'no' | 'owner' | 'others' | 'unknown';

const verdictTexts: Readonly<Record<Verdict, string>> = {
  yes: 'yes',
  no: 'no',
  owner: 'only for the owner',
  others: 'not for the owner, only for others',
  unknown: 'unknown',
};

/** The requested file permission; undefined for a capability. */
function requireOperation(
  operation: string,
  subject: string,
  target: string | undefined,
): FilePermission | undefined {
  if (operation === 'capability') {
    if (!capabilities.includes(subject)) {
      const near = nearest([...capabilities], [subject.toLowerCase().replace(/^cap_/, '')]);
      throw new CliError(
        exit.usage,
        `Unknown capability "${visibleLine(subject)}".${near ? ` Did you mean "${near}"?` : ''}`,
        'Use the names of capabilities(7), in lower case without CAP_.',
      );
    }
  } else if (!Object.hasOwn(permissions, operation)) {
    const known = [...Object.keys(permissions), 'capability'];
    const near = nearest(known, [operation]);
    throw new CliError(
      exit.usage,
      `"${visibleLine(operation)}" is not an operation.${near ? ` Did you mean "${near}"?` : ''}`,
      `The operations are ${known.join(', ')}.`,
    );
  }
  if (target !== undefined && operation !== 'link')
    throw new CliError(exit.usage, 'Only link takes a target.', 'Name one path at a time.');
  if (operation === 'capability') return undefined;
  if (operation === 'link' && target === undefined) {
    throw new CliError(
      exit.usage,
      'link needs a target.',
      'Run "aa-registry can FILE link PATH TARGET".',
    );
  }
  for (const path of target === undefined ? [subject] : [subject, target]) {
    if (path.startsWith('/') && posix.normalize(path) === path) continue;
    throw new CliError(
      exit.usage,
      `"${visibleLine(path)}" is not a path as the kernel sees it.`,
      'Name an absolute path without "..", "." and repeated slashes.',
    );
  }
  return permissions[operation];
}

/** The profile, hat or child profile of this name; without a name, the file’s only profile. */
function chooseProfile(profiles: readonly ProfileModel[], name: string | undefined): ProfileModel {
  const found =
    name === undefined
      ? profiles.filter((one) => !one.name.includes('//'))
      : (named(profiles, name) ?? []);
  const [only] = found;
  if (only && found.length === 1) return only;
  const names = profiles.map((one) => visibleLine(one.name)).join(', ');
  throw new CliError(
    exit.usage,
    profiles.length === 0
      ? 'The file has no profile.'
      : name === undefined || found.length > 1
        ? 'The file has several profiles.'
        : `The file has no profile "${visibleLine(name)}".`,
    profiles.length === 0 ? undefined : `Name one with --profile: ${names}.`,
  );
}

function named(profiles: readonly ProfileModel[], name: string): readonly ProfileModel[] {
  const exact = profiles.filter((one) => one.name === name);
  const short = name.replace(/^\^/, '');
  return exact.length > 0 ? exact : profiles.filter((one) => one.name.endsWith(`//${short}`));
}

/** The verdict, and the decision behind it. */
function decide(
  profile: ProfileModel,
  permission: FilePermission | undefined,
  subject: string,
  target: string | undefined,
  asOwner: boolean,
): { verdict: Verdict; decision: Decision } {
  const verdictOf = ({ granted }: Decision): Verdict =>
    granted === undefined ? 'unknown' : granted ? 'yes' : 'no';
  if (permission === undefined) {
    const decision = profile.capability(subject);
    return { verdict: verdictOf(decision), decision };
  }
  const { owner, others } = profile.file(permission, subject, target);
  if (asOwner || owner.granted === undefined || owner.granted === others.granted)
    return { verdict: verdictOf(owner), decision: owner };
  if (others.granted === undefined) return { verdict: 'unknown', decision: others };
  return owner.granted
    ? { verdict: 'owner', decision: owner }
    : { verdict: 'others', decision: others };
}

/** The explanation after the verdict. */
function explanationOf({ mode }: ProfileModel, decision: Decision): string {
  if (decision.granted === undefined) return `: ${reasons[decision.reason]}`;
  if (decision.byMode) return `: the profile’s mode is ${mode}`;
  if (decision.implied)
    return ', for its own processes: apparmor_parser adds this for hats and change_profile';
  if (decision.transition) return `, with ${visibleLine(decision.transition)}`;
  if (decision.granted || decision.rules.length > 0) return '';
  return ': no rule allows it';
}

function asData(
  profile: ProfileModel,
  operation: string,
  subject: string,
  target: string | undefined,
  verdict: Verdict,
  decision: Decision,
  file: string,
  unread: readonly string[],
) {
  return {
    profile: profile.name,
    mode: profile.mode,
    operation,
    ...(operation === 'capability' ? { capability: subject } : { path: subject }),
    ...(target !== undefined && { target }),
    verdict,
    reason: decision.granted === undefined ? decision.reason : null,
    transition: (decision.granted && decision.transition) || null,
    rules: decision.rules.map((rule) => ({ ...rule, file: rule.file ?? file })),
    unread,
  };
}
