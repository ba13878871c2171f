import * as z from 'zod';
import { BaseRelease } from './base.ts';
import { DigestText, ProfileName, TeamName, VersionNumber } from './name.ts';
import { VariantQuery } from './profile.ts';

/** A rule that decides, in a response. */
const DecidingRule = z
  .object({
    file: z.string().nullable().meta({ description: 'The included file; null for the profile' }),
    line: z.int().meta({ description: 'The line of its start, from 1' }),
    text: z.string(),
    deny: z.boolean(),
    audit: z.boolean(),
  })
  .meta({ id: 'DecidingRule' });

const Unread = z.array(z.string()).meta({ description: 'Includes that were not read' });

const Unknown = z.array(
  z
    .object({
      profile: z.string(),
      class: z.string(),
      reason: z.enum(['includes', 'budget', 'variables', 'conditions', 'prompt', 'abi']),
    })
    .meta({ id: 'UnknownPermissions', description: 'A class in which something is unknown' }),
);

/** The release that a profile is analysed for, and its base policy. */
const target = {
  target: BaseRelease,
  base: DigestText.nullable().meta({ description: 'The base policy; null if there is none' }),
};

const state = z.enum(['complete', 'partial', 'refused', 'unknown']).meta({
  id: 'AnalysisState',
  description:
    'partial: something was not read, is unknown or left out; refused: apparmor_parser of the release would refuse the ' +
    'profile; unknown: the analysis exceeded a limit',
});

const reason = z.string().nullable().meta({ description: 'Why it is refused or unknown' });

const omitted = z.int().meta({ description: 'How many more there are' });

export const TargetQuery = z.object({
  release: VariantQuery.shape.release.meta({
    description:
      'The release to take the variant for; by default target, or else the first variant',
  }),
  target: BaseRelease.optional().meta({
    description:
      'The release that compiles the profile; by default the newest that it is for, that has a base policy and accepts it',
  }),
});

const Place = z
  .object({
    team: TeamName,
    name: ProfileName,
    version: VersionNumber,
    digest: DigestText.meta({ description: 'The digest of the profile, or of the variant' }),
    variant: z
      .string()
      .nullable()
      .meta({ description: 'The oldest release of the variant; null without variants' }),
  })
  .meta({ id: 'VersionPlace', description: 'A version, or a variant of it' });

const SummaryExample = z
  .object({
    text: z.string().meta({ description: 'A path, a label and so on' }),
    permissions: z.array(z.string()),
    how: z.string().meta({ description: 'The exec transition, or empty' }),
    note: z.string().nullable(),
    rules: z.array(DecidingRule),
  })
  .meta({ id: 'SummaryExample' });

const SummaryLine = z
  .object({
    topic: z.string().meta({ example: 'run-writable' }),
    severity: z.enum(['critical', 'high', 'medium', 'low']),
    text: z.string(),
    examples: z.array(SummaryExample),
    omitted,
  })
  .meta({ id: 'SummaryLine', description: 'What a profile permits about one topic' });

const WayOut = z
  .object({
    name: z.string().meta({ example: 'core_pattern' }),
    how: z.string(),
    state: z.enum(['open', 'closed', 'unknown']),
    profile: z.string().nullable().meta({ description: 'The profile that leaves it open' }),
    example: z.string().nullable().meta({ description: 'A path on which it is open' }),
    note: z.string().nullable().meta({ description: 'Why it is open without a rule, or unknown' }),
    rules: z.array(DecidingRule),
  })
  .meta({ id: 'WayOut', description: 'A way out of a container' });

/** What the analysis finds out about the text of a profile, and the registry stores. */
export const Summarized = z.object({
  state,
  reason,
  unread: Unread,
  profiles: z.array(
    z.object({
      name: z.string(),
      mode: z.string(),
      parent: z.string().nullable(),
      lines: z.array(SummaryLine),
    }),
  ),
  omitted,
  unknown: Unknown,
  ways: z.array(WayOut).meta({
    description: 'The ways out of a container; none for profiles that attach to programs',
  }),
});
export type Summarized = z.infer<typeof Summarized>;

export const Summary = Place.extend({ ...target, ...Summarized.shape }).meta({
  id: 'Summary',
  description: 'What a version permits, most dangerous first; each permission falls under a line',
});
export type Summary = z.infer<typeof Summary>;

export const DiffQuery = TargetQuery.extend({
  to: z.string().max(200).meta({
    description:
      'The other side: a version of the same profile by number or digest, team/name@version, or docker-default',
    example: '1.2.0',
  }),
});

const Difference = z
  .object({
    profile: z.string(),
    class: z.string(),
    kind: z.enum(['removed', 'added', 'changed', 'logging']).meta({
      description: 'removed: only the version permits it; added: only "to" permits it',
    }),
    effect: z.enum(['more', 'less', 'either', 'same']).meta({
      description: 'Whether "to" permits more or less; either: it may be more',
    }),
    permissions: z.array(z.string()),
    example: z.string().nullable(),
    unobservable: z.boolean().meta({ description: 'No kernel asks for it' }),
    left: z.string(),
    right: z.string(),
    leftRules: z.array(DecidingRule),
    rightRules: z.array(DecidingRule),
  })
  .meta({ id: 'Difference' });

/** What the analysis finds out about two texts. */
export const Compared = z.object({
  state,
  reason,
  same: z.boolean().nullable().meta({ description: 'null if unknown' }),
  differences: z.array(Difference),
  omitted,
  unknown: Unknown,
  unread: Unread,
});
export type Compared = z.infer<typeof Compared>;

export const Diff = z
  .object({
    from: Place,
    to: Place.nullable().meta({ description: 'null for docker-default' }),
    ...target,
    ...Compared.shape,
  })
  .meta({ id: 'Diff', description: 'What two versions permit differently' });
export type Diff = z.infer<typeof Diff>;
