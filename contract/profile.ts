import * as z from 'zod';
import { grades, releases, type TopicId, topics } from '../policy/index.ts';
import { Envelope, isReleaseNumber, Manifest, maxVariants } from '../trust/index.ts';
import { Diagnostic } from './diagnostic.ts';
import { Proof } from './log.ts';
import {
  ChannelName,
  DigestText,
  KeyId,
  Line,
  ProfileName,
  ProfilePath,
  TeamName,
  Timestamp,
  VersionNumber,
} from './name.ts';
import { PageLimit } from './number.ts';

/** The maximum length of a README, in characters. */
export const maxReadmeLength = 64 * 1024;

export const Visibility = z
  .enum(['public', 'private'])
  .meta({ id: 'Visibility', description: 'A private profile is visible to its team only' });
export type Visibility = z.infer<typeof Visibility>;

export const VisibilityChange = z
  .strictObject({ visibility: Visibility })
  .meta({ id: 'VisibilityChange' });

export const Deprecation = z
  .strictObject({
    reason: Line.meta({ example: 'no longer maintained' }),
    replacement: ProfilePath.nullable().default(null).meta({
      description: 'The profile to use instead',
    }),
  })
  .meta({ id: 'Deprecation' });
export type Deprecation = z.infer<typeof Deprecation>;

export const Transfer = z
  .strictObject({
    to: TeamName.meta({ description: 'The team that the profile is transferred to' }),
  })
  .meta({ id: 'Transfer' });

export const ProfileSummary = z
  .object({
    team: TeamName,
    name: ProfileName,
    description: Manifest.shape.description,
    images: Manifest.shape.images,
    latest: VersionNumber.meta({
      description: 'The highest release, or the highest pre-release where there is none',
    }),
    publishedAt: Timestamp.meta({ description: 'When the latest version was published' }),
    grade: z.enum(grades).nullable().meta({
      description: 'The lint grade of the latest version; null until it is analysed',
    }),
    deprecated: z.boolean().optional().meta({ description: 'Whether the profile is deprecated' }),
  })
  .meta({ id: 'ProfileSummary' });
export type ProfileSummary = z.infer<typeof ProfileSummary>;

const Next = z.string().nullable().meta({ description: 'The cursor of the next page' });

export const ProfilePage = z
  .object({
    items: z.array(ProfileSummary),
    similar: z.boolean().meta({
      description: 'Whether nothing matches the query and these profiles match similar words',
    }),
    next: Next,
  })
  .meta({ id: 'ProfilePage' });
export type ProfilePage = z.infer<typeof ProfilePage>;

/** Parameters of a list. */
export const PageQuery = z.object({
  limit: PageLimit,
  cursor: z
    .string()
    .max(500)
    .regex(/^[A-Za-z0-9_-]+$/, 'must be the "next" of an earlier page')
    .optional()
    .meta({ description: 'The "next" of the previous page' }),
});

/** The topics of what profiles permit by which they are found: all but harmless ones. */
const foundTopics = (Object.keys(topics) as TopicId[]).filter(
  (id) => topics[id].severity !== 'low',
);

export const ProfileQuery = PageQuery.extend({
  q: z.string().max(200).optional().meta({
    description:
      'Words to search for in names, images, tags, descriptions and rules; the best matches come first',
    example: 'nginx',
  }),
  team: TeamName.optional(),
  image: z.string().max(255).optional().meta({
    description: 'A container image that the profiles are for',
    example: 'nginx:1.27',
  }),
  tag: z.string().max(64).optional(),
  capability: z
    .string()
    .max(64)
    .regex(/^[A-Za-z_]+$/, 'must be a capability such as net_admin')
    .transform((name) => name.toLowerCase().replace(/^cap_/, ''))
    .optional()
    .meta({ description: 'A capability that the profiles allow', example: 'net_admin' }),
  grade: z
    .enum(grades)
    .optional()
    .meta({ description: 'The lint grade of the latest version (docs/search.md)' }),
  release: z
    .enum(releases)
    .optional()
    .meta({ description: 'An AppArmor release that the profiles can be used with' }),
  permits: z.enum(foundTopics).optional().meta({
    description: 'A topic of what the profiles permit, as far as their summaries are stored',
    example: 'mount',
  }),
});

/** The parameter that chooses a variant of a version. */
export const VariantQuery = z.object({
  release: z
    .string()
    .refine(isReleaseNumber, 'must be an AppArmor release such as 4.0')
    .optional()
    .meta({
      description:
        'The AppArmor release to take the variant for; without it, or before all variants, the first one',
      example: '4.0',
    }),
});

/** A variant of a version. */
export const Variant = z
  .object({
    from: z
      .string()
      .meta({ description: 'The oldest AppArmor release that it is for', example: '4.0' }),
    digest: DigestText,
    size: z.int().meta({ description: 'Its size in bytes' }),
  })
  .meta({ id: 'Variant', description: 'A file for a release and those up to the next variant' });
export type Variant = z.infer<typeof Variant>;

const Variants = z.array(Variant).optional().meta({
  description: 'The files for different releases, ascending; omitted if one file is for all',
});

export const VersionSummary = z
  .object({
    version: VersionNumber,
    digest: DigestText,
    size: z.int().meta({ description: 'The size of the profile in bytes' }),
    variants: Variants,
    publishedAt: Timestamp,
    signers: z.array(KeyId).meta({ description: 'The ids of the keys that signed it' }),
    logIndex: z.int().meta({ description: "The index of the version's entry in the log" }),
    yankReason: Line.nullable().meta({
      description: 'Why the version was yanked; null if it was not',
    }),
  })
  .meta({ id: 'VersionSummary' });
export type VersionSummary = z.infer<typeof VersionSummary>;

export const VersionList = z
  .object({ items: z.array(VersionSummary), next: Next })
  .meta({ id: 'VersionList', description: 'Versions, highest first' });

export const Profile = z
  .object({
    team: TeamName,
    name: ProfileName,
    createdAt: Timestamp,
    visibility: Visibility,
    deprecation: Deprecation.nullable().meta({
      description: 'Why the profile is deprecated; null if it is not',
    }),
    movedTo: TeamName.nullable().meta({
      description: 'The team that the profile is transferred to',
    }),
    /** Of the latest version. */
    manifest: Manifest,
    latest: VersionSummary,
    channels: z.record(ChannelName, VersionNumber).meta({ description: 'Versions by channel' }),
  })
  .meta({ id: 'Profile' });
export type Profile = z.infer<typeof Profile>;

export const Version = VersionSummary.extend({
  team: TeamName,
  name: ProfileName,
  manifest: Manifest,
  diagnostics: z
    .array(Diagnostic)
    .meta({ description: 'Lint diagnostics, at most 100, errors first' }),
  omitted: z.int().default(0).meta({ description: 'How many more diagnostics there are' }),
  suppressed: z
    .int()
    .default(0)
    .meta({ description: 'How many findings comments in the profile suppress' }),
  grade: z.enum(grades).nullable().default(null).meta({
    description: 'The lint grade (docs/search.md); null until the version is indexed',
  }),
  needs: z
    .string()
    .regex(/^[0-9][0-9.]{0,15}$/)
    .meta({ description: 'The oldest AppArmor release that supports the profile' }),
  unseen: z.array(z.string()).meta({ description: 'Includes that lint could not read' }),
}).meta({ id: 'Version' });
export type Version = z.infer<typeof Version>;

export const Published = Version.extend({ proof: Proof }).meta({ id: 'Published' });
export type Published = z.infer<typeof Published>;

export const Yank = z
  .strictObject({ reason: Line.meta({ example: 'it lets nginx write its own configuration' }) })
  .meta({ id: 'Yank' });

export const ChannelMove = z
  .strictObject({
    version: VersionNumber,
    previous: VersionNumber.nullable().meta({
      description: 'The current version of the channel; the move fails if it has changed',
    }),
  })
  .meta({ id: 'ChannelMove' });

export const Channel = z
  .object({ name: ChannelName, version: VersionNumber, movedAt: Timestamp, logIndex: z.int() })
  .meta({ id: 'Channel' });
export type Channel = z.infer<typeof Channel>;

export const Publication = z
  .strictObject({
    profile: z
      .string()
      .meta({ description: 'The exact text of the profile or its first variant, UTF-8' }),
    variants: z
      .array(z.string())
      .min(1)
      .max(maxVariants - 1)
      .optional()
      .meta({
        description: 'The texts of the further variants, in the order of the signed manifest',
      }),
    envelope: Envelope.meta({ id: 'Envelope', description: 'DSSE envelope of the statement' }),
    readme: z
      .string()
      .optional()
      .meta({
        description: `Markdown of at most ${maxReadmeLength} characters; the signed manifest has its digest`,
      }),
    visibility: Visibility.optional().meta({
      description: 'The visibility of a new profile: public when omitted',
    }),
  })
  .meta({ id: 'Publication' });
export type Publication = z.infer<typeof Publication>;
