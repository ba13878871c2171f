import * as z from 'zod';
import { isPackagePath, isVersionOrRange, maxDependencies } from './dependencies.ts';
import { type Digest, isDigest } from './digest.ts';
import { type Envelope, sign } from './dsse.ts';
import { parseJson } from './json.ts';
import type { KeyPair } from './key.ts';
import { linePattern } from './line.ts';
import { isDefinedName, isProfileName, isTeam } from './name.ts';
import { Entrypoint, Run } from './run/schema.ts';
import { areVariants, isReleaseNumber, maxVariants } from './variants.ts';
import { isVersion } from './version.ts';

export const payloadType = 'application/vnd.in-toto+json';
export const statementType = 'https://in-toto.io/Statement/v1';
export const predicateType = 'urn:aa-registry:profile:v1';
/** The same about a package with dependencies: hosts that know none refuse it, instead of installing it alone. */
export const dependentPredicateType = 'urn:aa-registry:profile:v2';

const line = z.string().min(1).regex(linePattern, 'must be one line of text');

/**
 * The name of an OCI container image. It becomes part of a command line that people copy, so it has no spaces and no
 * leading hyphen.
 */
const Image = z
  .string()
  .max(255)
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._:/@-]*$/,
    'must be the name of a container image such as "nginx"',
  );

/** The name of a profile that the package defines, as the kernel has it. */
const DefinedName = z
  .string()
  .refine(isDefinedName, 'must be the name of a profile, such as "man_groff" or "/usr/sbin/ntpd"');

/** A word for search. */
const Tag = z
  .string()
  .max(32)
  .regex(/^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/, 'must be lower-case letters, digits and hyphens');

/** A URL that is safe as a link: `javascript:` and other schemes are refused. */
const Link = z
  .string()
  .max(300)
  .regex(linePattern, 'must be one line of text')
  .refine((text) => URL.parse(text)?.protocol === 'https:', 'must be an https:// address');

/** The packages that a package needs, by `team/name`, with the versions that it accepts. */
const Dependencies = z
  .record(
    z.string(),
    z
      .string()
      .refine(
        isVersionOrRange,
        'must be a version or a range of at most four alternatives, such as "^1.2"',
      ),
  )
  .refine(
    (all) => Object.keys(all).every(isPackagePath),
    'must name each package with its team, such as "library/base-web"',
  )
  .refine(
    (all) => Object.keys(all).length > 0 && Object.keys(all).length <= maxDependencies,
    `must list 1 to ${maxDependencies} packages`,
  );

/** The names of a manifest's links that contain a user name or a password, which would become public. */
export function linksWithCredentials({ links = {} }: Pick<Manifest, 'links'>): string[] {
  return Object.entries(links).flatMap(([name, link]) => {
    const { username, password } = URL.parse(link ?? '') ?? {};
    return username || password ? [name] : [];
  });
}

/** The publisher's description of a profile, signed with it, so that a registry can't change it. */
export const Manifest = z
  .object({
    /** One line for people. */
    description: line.trim().max(300),
    /** Container images that the profile is for, such as `nginx`. */
    images: z.array(Image).max(32),
    /** What `run` has as `entrypoint`, as earlier releases wrote it. */
    entrypoint: Entrypoint.optional(),
    /** How to run a container of the images; {@link runOf} says whether it may be printed. */
    run: Run.optional(),
    /** The top-level profiles that the file defines; without them, the one with the package's name. */
    profiles: z
      .array(DefinedName)
      .min(1)
      .max(64)
      .refine((names) => new Set(names).size === names.length, 'must list each profile once')
      .optional(),
    /**
     * Whether it confines containers or programs of the host, to which only the latter may attach; or is an abstraction:
     * rules for the profiles that include it.
     */
    kind: z.enum(['container', 'host', 'abstraction']).optional(),
    /** The abstractions of other packages that it includes. */
    dependencies: Dependencies.optional(),
    /**
     * The oldest AppArmor release that each variant is for, ascending; a variant is for the releases up to the next one's.
     * Without them, there is one file for all releases.
     */
    variants: z
      .array(z.string().refine(isReleaseNumber, 'must be an AppArmor release such as "4.0"'))
      .min(1)
      .max(maxVariants)
      .refine(areVariants, 'must be ascending')
      .optional(),
    /** The policy ABI the profile is written against, such as `3.0`. */
    abi: z.string().regex(/^[0-9]+\.[0-9]+$/, 'must be a version such as "3.0"'),
    /** An SPDX licence expression. */
    license: line.max(100),
    /** Words for search. */
    tags: z.array(Tag).max(10).optional(),
    /** Links for people. */
    links: z
      .strictObject({ homepage: Link, source: Link, documentation: Link, issues: Link })
      .partial()
      .optional(),
    /** Why this version permits more than the one before, for reviewers. */
    widens: line.max(300).regex(/\S/, 'must not be blank').optional(),
    /** The digest of the README, if the package has one. */
    readme: z.string().refine(isDigest, 'must be a sha256 digest').optional(),
  })
  .meta({ id: 'Manifest', description: 'What the publisher says of a package, signed with it' });
export type Manifest = z.infer<typeof Manifest>;

/** The names of the profiles that a package defines; none of an abstraction. */
export function definedProfiles({
  name,
  manifest,
}: {
  name: string;
  manifest: Pick<Manifest, 'profiles' | 'kind'>;
}): readonly string[] {
  return manifest.kind === 'abstraction' ? [] : (manifest.profiles ?? [name]);
}

/** The type of the predicate about a package. */
function predicateTypeOf({ dependencies }: Manifest) {
  return dependencies ? dependentPredicateType : predicateType;
}

/**
 * The in-toto Statement v1 that a publisher signs: the profile with the subject's digest is this version of this profile
 * of this team. Each variant is a subject, in the order of the manifest; the names of all but the first end with `#` and
 * their oldest release.
 */
export const Statement = z
  .strictObject({
    _type: z.literal(statementType),
    subject: z
      .array(
        z.strictObject({
          name: z.string(),
          digest: z.strictObject({ sha256: z.string().regex(/^[0-9a-f]{64}$/) }),
        }),
      )
      .min(1)
      .max(maxVariants),
    predicateType: z.enum([predicateType, dependentPredicateType]),
    predicate: z.strictObject({
      team: z
        .string()
        .refine(
          isTeam,
          'must be 1 to 40 lower-case letters, digits and hyphens, and begin and end with a letter or digit',
        ),
      name: z
        .string()
        .refine(
          isProfileName,
          'must be 1 to 64 lower-case letters, digits, dots, underscores and hyphens, and begin and end with a letter or digit',
        ),
      version: z.string().refine(isVersion, 'must be a semantic version without build metadata'),
      manifest: Manifest,
    }),
  })
  .refine(
    (one) => one.predicateType === predicateTypeOf(one.predicate.manifest),
    'the type of the predicate must be that of a package with dependencies, or without',
  );
export type Statement = z.infer<typeof Statement>;

/** The contents of a statement. */
export interface Subject {
  team: string;
  name: string;
  version: string;
  /** The digest of the profile, or of its first variant. */
  digest: Digest;
  /** The digests of the further variants. */
  others?: readonly Digest[] | undefined;
  manifest: Manifest;
}

/** The name of a subject: of the profile or its first variant, or of a further variant. */
export function subjectName(
  { team, name, manifest }: Pick<Subject, 'team' | 'name' | 'manifest'>,
  at: number,
): string {
  return at === 0 ? `${team}/${name}` : `${team}/${name}#${manifest.variants?.[at]}`;
}

/** The digests of the subjects of a statement: of the profile, or of each variant. */
export function subjectDigests({ subject }: Pick<Statement, 'subject'>): Digest[] {
  return subject.map(({ digest }): Digest => `sha256:${digest.sha256}`);
}

/** Creates the statement about `subject`. */
export function makeStatement(about: Subject): Statement {
  const { team, name, version, digest, others = [], manifest } = about;
  return {
    _type: statementType,
    subject: [digest, ...others].map((one, at) => ({
      name: subjectName(about, at),
      digest: { sha256: one.slice('sha256:'.length) },
    })),
    predicateType: predicateTypeOf(manifest),
    predicate: { team, name, version, manifest },
  };
}

/** Signs the statement about `subject` with each of `keys`. */
export async function signStatement(subject: Subject, keys: KeyPair[]): Promise<Envelope> {
  const payload = new TextEncoder().encode(JSON.stringify(makeStatement(subject)));
  return sign(payloadType, payload, keys);
}

/** Parses the payload of a verified envelope; `undefined` if it is not a statement. */
export function parseStatement(payload: Uint8Array): Statement | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(payload);
    return Statement.safeParse(parseJson(text)).data;
  } catch {
    return undefined;
  }
}
