import {
  changeHat,
  type Decision,
  describeRule,
  explainVerdict,
  fileVerdict,
  type Model,
  type ProfileModel,
  releases,
  type Verdict,
  verdictOf,
  verdictTexts,
} from '../../policy/index.ts';
import {
  askClass,
  operations,
  type Question,
  questionData,
  questionOptions,
  readQuestion,
} from '../can-question.ts';
import { placed, ruleText } from '../deciding-rules.ts';
import { CliError, defineCommand, exit } from '../framework/command.ts';
import { formatOption, toJson } from '../framework/format.ts';
import { trustOption } from '../host-trust.ts';
import { includeOptions } from '../include-options.ts';
import { readModel } from '../profile-model.ts';
import { rootOption } from '../target.ts';
import { targetBaseOptions } from '../target-base.ts';
import { visibleLine } from '../terminal/io.ts';

export const can = defineCommand({
  name: 'can',
  summary: 'Show whether a profile permits an operation, and by which rules',
  args: [
    { name: 'FILE|DIR|REF' },
    { name: 'OPERATION', choices: operations },
    { name: 'WHAT', optional: true, repeated: true },
  ],
  options: {
    ...includeOptions,
    ...targetBaseOptions,
    root: rootOption,
    trust: trustOption,
    owner: { type: 'boolean', description: 'Decide for a process that owns the file' },
    ...questionOptions,
    profile: {
      type: 'string',
      value: 'NAME',
      description: 'The profile, hat or child profile to check, if the file has several',
    },
    target: {
      type: 'string',
      choices: releases,
      description:
        'Decide as this AppArmor release does, with the variant for it (default: the newest; with variants, this host’s)',
    },
    format: formatOption,
  },
  details:
    'A REF, such as team/name@1.2.0, is fetched and verified as "verify" does, unless a file has that name. ' +
    'Decides as apparmor_parser and the kernel do, with everything the profile includes. WHAT is, by ' +
    'OPERATION: a PATH for read, write, append, lock, map and exec; PATH TARGET for a hard link PATH to TARGET; NAME for capability, change_profile and change_hat; NAME VALUE ' +
    'for rlimit, in the syntax of rules: whether a process may set that limit; FAMILY TYPE for network; ' +
    'PERMISSION TYPE for unix, with --address, --peer and --peer-address; send|receive SIGNAL --peer for signal; PERMISSION --peer for ptrace; send|receive BUS PATH INTERFACE MEMBER --peer [--name], bind BUS ' +
    'NAME, or eavesdrop BUS for dbus; SOURCE TARGET for mount, TARGET for remount, with --type and --options; ' +
    'TARGET for umount; NEW OLD for pivot_root; PERMISSION NAME for mqueue; PERMISSION for io_uring; nothing ' +
    'for userns. Paths are absolute; those of folders, as most mount points are, end with a slash. The kernel also checks other security modules and the file’s mode. Exits with 0 for yes; with 1 ' +
    'for no, also if only the owner may and --owner is not given; with 2 if it is unknown.',
  examples: [
    'aa-registry can ./docker-nginx write /etc/passwd',
    'aa-registry can /etc/apparmor.d/usr.bin.man exec /bin/sh --owner',
    'aa-registry can ./docker-nginx capability sys_admin',
    'aa-registry can ./docker-nginx network inet stream',
    'aa-registry can ./docker-nginx rlimit nofile 4096',
    'aa-registry can ./docker-nginx signal send kill --peer unconfined',
    'aa-registry can docker-nginx@1.0.0 write /etc/passwd --target 4.1',
  ],
  async run({ values, args, io }) {
    const [path = '', operation = '', ...words] = args;
    const question = readQuestion(operation, words, values);
    const globs = words.filter((word) => /[*?[\]{}]/.test(word)).map(visibleLine);
    if (globs.length > 0) io.note(`Taken as it is, not as a pattern: ${globs.join(', ')}`);
    const { model, file, version } = await readModel(io, path, values);
    const { profiles, unread } = model;
    const profile = chooseProfile(profiles, values.profile);
    const { decision, verdict } = ask(model, profile, question, values.owner ?? false);
    if (values.format === 'json') {
      const data = asData(profile, operation, question, verdict, decision, file, unread);
      io.print(toJson({ ...version, ...data }));
    } else {
      io.print(`${verdictTexts[verdict]}${explainVerdict(profile, question.kind, decision)}`);
      for (const rule of decision.rules.map(describeRule)) io.print(`  ${ruleText(rule, file)}`);
      if (decision.granted === undefined && unread.length > 0)
        io.print(`  not read: ${unread.map(visibleLine).join(', ')}`);
    }
    return verdict === 'yes' ? exit.ok : verdict === 'unknown' ? exit.usage : exit.failed;
  },
});

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
  model: Model,
  profile: ProfileModel,
  question: Question,
  asOwner: boolean,
): { verdict: Verdict; decision: Decision } {
  if (question.kind !== 'file') {
    const decision = askOther(model, profile, question);
    return { verdict: verdictOf(decision), decision };
  }
  const { permission, path, target } = question;
  return fileVerdict(profile.file(permission, path, target), asOwner);
}

function askOther(
  model: Model,
  profile: ProfileModel,
  question: Exclude<Question, { kind: 'file' }>,
): Decision {
  switch (question.kind) {
    case 'capability':
      return profile.capability(question.name);
    case 'rlimit':
      return profile.limit(question.name, question.value);
    case 'hat':
      return changeHat(model, profile, question.name);
    case 'class':
      return askClass(profile, question);
  }
}

function asData(
  profile: ProfileModel,
  operation: string,
  question: Question,
  verdict: Verdict,
  decision: Decision,
  file: string,
  unread: readonly string[],
) {
  return {
    profile: profile.name,
    mode: profile.mode,
    operation,
    ...questionData(question),
    verdict,
    reason: decision.granted === undefined ? decision.reason : null,
    transition: (decision.granted && decision.transition) || null,
    rules: placed(decision.rules.map(describeRule), file),
    unread,
  };
}
