import * as z from 'zod';
import { type Digest, isDigest } from './digest.ts';
import { type Envelope, sign } from './dsse.ts';
import { parseJson } from './json.ts';
import type { KeyPair } from './key.ts';
import { linePattern } from './line.ts';
import { isProfileName, isTeam } from './name.ts';
import { isVersion } from './version.ts';

export const payloadType = 'application/vnd.in-toto+json';
export const statementType = 'https://in-toto.io/Statement/v1';
export const predicateType = 'urn:aa-registry:profile:v1';

const line = z.string().min(1).regex(linePattern, 'must be one line of text');

/**
 * A container image as OCI names one. It ends up in a command line that people copy, where a space or a leading
 * hyphen would mean something else.
 */
const Image = z
  .string()
  .max(255)
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._:/@-]*$/,
    'must be the name of a container image such as "nginx"',
  );

/**
 * The program that a container runs instead of its image's entry point, and its arguments. They end up in command lines
 * that people copy: printable ASCII, and a program that is no option.
 */
const Entrypoint = z
  .array(z.string().regex(/^[ -~]{1,255}$/, 'must be 1 to 255 printable ASCII characters'))
  .min(1)
  .max(32)
  .refine(
    ([program = '']) => /^[A-Za-z0-9._/][A-Za-z0-9._/+-]*$/.test(program),
    'must begin with a program, such as ["nginx", "-g", "daemon off;"]',
  );

/** A word to find a profile by. */
const Tag = z
  .string()
  .max(32)
  .regex(/^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/, 'must be lower-case letters, digits and hyphens');

/** A web address that is safe as a link: no scheme that a browser would run. */
const Link = z
  .string()
  .max(300)
  .regex(linePattern, 'must be one line of text')
  .refine((text) => URL.parse(text)?.protocol === 'https:', 'must be an https:// address');

/** The links of a manifest that hold a user's name or a password, which would become public; by their names. */
export function linksWithCredentials({ links = {} }: Pick<Manifest, 'links'>): string[] {
  return Object.entries(links).flatMap(([name, link]) => {
    const { username, password } = URL.parse(link ?? '') ?? {};
    return username || password ? [name] : [];
  });
}

/** What a publisher says about a profile; signed with it, so a registry can't reword it. */
export const Manifest = z.object({
  /** One line for people. */
  description: line.trim().max(300),
  /** Container images the profile fits, such as `nginx`. */
  images: z.array(Image).max(32),
  /** The program with its arguments that such a container runs, where the profile does not allow the image's own. */
  entrypoint: Entrypoint.optional(),
  /** The policy ABI the profile is written against, such as `3.0`. */
  abi: z.string().regex(/^[0-9]+\.[0-9]+$/, 'must be a version such as "3.0"'),
  /** An SPDX licence expression. */
  license: line.max(100),
  /** Words to find it by. */
  tags: z.array(Tag).max(10).optional(),
  /** Where there is more about it. */
  links: z
    .strictObject({ homepage: Link, source: Link, documentation: Link, issues: Link })
    .partial()
    .optional(),
  /** The digest of the README, when the package has one. */
  readme: z.string().refine(isDigest, 'must be a sha256 digest').optional(),
});
export type Manifest = z.infer<typeof Manifest>;

/**
 * The in-toto Statement v1 that a publisher signs: these bytes (the subject's digest) are this version of
 * this profile of this team.
 */
export const Statement = z.strictObject({
  _type: z.literal(statementType),
  subject: z.tuple([
    z.strictObject({
      name: z.string(),
      digest: z.strictObject({ sha256: z.string().regex(/^[0-9a-f]{64}$/) }),
    }),
  ]),
  predicateType: z.literal(predicateType),
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
});
export type Statement = z.infer<typeof Statement>;

/** What a statement is about. */
export interface Subject {
  team: string;
  name: string;
  version: string;
  digest: Digest;
  manifest: Manifest;
}

/** The statement about `subject`. */
export function makeStatement({ team, name, version, digest, manifest }: Subject): Statement {
  return {
    _type: statementType,
    subject: [{ name: `${team}/${name}`, digest: { sha256: digest.slice('sha256:'.length) } }],
    predicateType,
    predicate: { team, name, version, manifest },
  };
}

/** Signs the statement about `subject` with every one of `keys`. */
export async function signStatement(subject: Subject, keys: KeyPair[]): Promise<Envelope> {
  const payload = new TextEncoder().encode(JSON.stringify(makeStatement(subject)));
  return sign(payloadType, payload, keys);
}

/** Reads the payload of an envelope whose signatures have been checked; `undefined` when it is none. */
export function parseStatement(payload: Uint8Array): Statement | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(payload);
    return Statement.safeParse(parseJson(text)).data;
  } catch {
    return undefined;
  }
}
