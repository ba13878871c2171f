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
  includes: 'some of what the profile includes was not read',
  budget: 'finding out takes more work than any real profile',
  variables: 'a variable of the profile is not known, or has too many values',
  conditions: 'a rule has conditions that are not modelled',
  prompt: 'a prompt rule leaves it to the user',
};

export const can = defineCommand({
  name: 'can',
  summary: 'Tell whether a profile permits something, and by which rules',
  args: [
    { name: 'FILE' },
    { name: 'OPERATION', choices: [...Object.keys(permissions), 'capability'] },
    { name: 'PATH|NAME' },
    { name: 'TARGET', optional: true },
  ],
  options: {
    ...includeOptions,
    owner: { type: 'boolean', description: 'Ask for a process that owns the file' },
    profile: {
      type: 'string',
      value: 'NAME',
      description: 'The profile, hat or child profile to ask, where the file has several',
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
    'is absolute; a folder’s ends with a slash. "link PATH TARGET" asks for a hard link PATH to the ' +
    'file TARGET. The ' +
    'kernel also asks other modules and the file’s own mode. Exits with 0 for yes; with 1 for no, ' +
    'also where only the owner may and --owner is not given; with 2 where it is not known.',
  examples: [
    'aa-registry can ./docker-nginx write /etc/passwd',
    'aa-registry can /etc/apparmor.d/usr.bin.man exec /bin/sh --owner',
    'aa-registry can ./docker-nginx capability sys_admin',
  ],
  async run({ values, args, io }) {
    const [path = '', operation = '', asked = '', target] = args;
    const permission = requireOperation(operation, asked, target);
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
    const { decision, verdict } = ask(profile, permission, asked, target, values.owner ?? false);
    if (values.format === 'json') {
      io.print(
        toJson(asData(profile, operation, asked, target, verdict, decision, read.file, unread)),
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

/** The file permission that was asked for; undefined for a capability. */
function requireOperation(
  operation: string,
  asked: string,
  target: string | undefined,
): FilePermission | undefined {
  if (operation === 'capability') {
    if (!capabilities.includes(asked)) {
      const near = nearest([...capabilities], [asked.toLowerCase().replace(/^cap_/, '')]);
      throw new CliError(
        exit.usage,
        `There is no capability "${visibleLine(asked)}".${near ? ` Did you mean "${near}"?` : ''}`,
        'Name it as in capabilities(7), in lower case without CAP_.',
      );
    }
  } else if (!Object.hasOwn(permissions, operation)) {
    const known = [...Object.keys(permissions), 'capability'];
    const near = nearest(known, [operation]);
    throw new CliError(
      exit.usage,
      `"${visibleLine(operation)}" is no operation.${near ? ` Did you mean "${near}"?` : ''}`,
      `Ask for one of ${known.join(', ')}.`,
    );
  }
  if (target !== undefined && operation !== 'link')
    throw new CliError(exit.usage, 'Only link takes a target.', 'Ask for one path at a time.');
  if (operation === 'capability') return undefined;
  if (operation === 'link' && target === undefined) {
    throw new CliError(
      exit.usage,
      'A link needs the file that it is made to.',
      'Run "aa-registry can FILE link PATH TARGET".',
    );
  }
  for (const path of target === undefined ? [asked] : [asked, target]) {
    if (path.startsWith('/') && posix.normalize(path) === path) continue;
    throw new CliError(
      exit.usage,
      `"${visibleLine(path)}" is not a path as the kernel sees it.`,
      'Name an absolute path without "..", "." and repeated slashes.',
    );
  }
  return permissions[operation];
}

/** The profile of this name, the hat or child of it, or the only one there is. */
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

/** The verdict, and the decision that it rests on. */
function ask(
  profile: ProfileModel,
  permission: FilePermission | undefined,
  asked: string,
  target: string | undefined,
  asOwner: boolean,
): { verdict: Verdict; decision: Decision } {
  const verdictOf = ({ granted }: Decision): Verdict =>
    granted === undefined ? 'unknown' : granted ? 'yes' : 'no';
  if (permission === undefined) {
    const decision = profile.capability(asked);
    return { verdict: verdictOf(decision), decision };
  }
  const { owner, others } = profile.file(permission, asked, target);
  if (asOwner || owner.granted === undefined || owner.granted === others.granted)
    return { verdict: verdictOf(owner), decision: owner };
  if (others.granted === undefined) return { verdict: 'unknown', decision: others };
  return owner.granted
    ? { verdict: 'owner', decision: owner }
    : { verdict: 'others', decision: others };
}

/** What follows the verdict, in words. */
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
  asked: string,
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
    ...(operation === 'capability' ? { capability: asked } : { path: asked }),
    ...(target !== undefined && { target }),
    verdict,
    reason: decision.granted === undefined ? decision.reason : null,
    transition: (decision.granted && decision.transition) || null,
    rules: decision.rules.map((rule) => ({ ...rule, file: rule.file ?? file })),
    unread,
  };
}
