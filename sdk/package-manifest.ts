import * as z from 'zod';
import {
  defaultTeam,
  isPathName,
  isProfileName,
  isTeam,
  linksWithCredentials,
  Manifest,
} from '../trust/index.ts';
import { runOf } from '../trust/run/index.ts';
import { licenceTrouble } from './licence.ts';
import { VariantFiles } from './package-variants.ts';
import { runFields } from './run-fields.ts';
import { type Fields, fieldCheck } from './toml.ts';

function licenceFault(license: string): string | undefined {
  const trouble = licenceTrouble(license);
  if (!trouble) return undefined;
  const { meant } = trouble;
  const hint = meant === undefined ? '' : ` Did you mean "${meant}"?`;
  return (
    `"${license}" is not an SPDX licence expression, such as "Apache-2.0" or "MIT OR GPL-2.0-only".${hint} ` +
    'Write a licence that SPDX does not list as LicenseRef-NAME'
  );
}

function credentialsFault(links: Manifest['links']): string | undefined {
  const [link] = linksWithCredentials(links === undefined ? {} : { links });
  if (link === undefined) return undefined;
  return `the address of ${link} holds a user's name or a password [secret]; "aa-registry explain secret" says more`;
}

/** The manifest as its file has it. */
export const ManifestFile = Manifest.omit({ readme: true, widens: true })
  .extend({
    name: z
      .string()
      .refine(
        isProfileName,
        'must be 1 to 64 lower-case letters, digits, dots, underscores and hyphens, and begin and end with a letter or digit',
      ),
    team: z
      .string()
      .refine(
        isTeam,
        'must be 1 to 40 lower-case letters, digits and hyphens, and begin and end with a letter or digit',
      )
      .default(defaultTeam),
    images: Manifest.shape.images.default([]),
    variants: VariantFiles.optional(),
    license: Manifest.shape.license.superRefine(fieldCheck(licenceFault)),
    links: Manifest.shape.links.superRefine(fieldCheck(credentialsFault)),
  })
  .strict()
  .superRefine(
    ({ name, team, kind, images, entrypoint, run, profiles = [], dependencies }, context) => {
      const report = (field: string, message: string) =>
        context.addIssue({ code: 'custom', path: field.split('.'), message });
      if (kind === 'abstraction') {
        const isForProfiles = {
          images: images.length > 0,
          entrypoint,
          run,
          profiles: profiles.length > 0,
        };
        for (const [field, isGiven] of Object.entries(isForProfiles)) {
          if (isGiven)
            report(field, 'must be absent with kind = "abstraction", which has no profiles');
        }
      } else {
        const found = runOf({ kind, entrypoint, run });
        if (!found.ok) report(found.field, `${found.reason} [${found.id}]`);
      }
      if (dependencies?.[`${team}/${name}`] !== undefined)
        report('dependencies', 'a package can’t depend on itself');
      if (kind === 'host' && images.length > 0) {
        report('images', 'must be empty with kind = "host", as images are for containers');
      }
      if (kind !== 'host' && profiles.some(isPathName)) {
        report('profiles', 'a profile named by a path attaches to that program: set kind = "host"');
      }
    },
  );

/** The purpose and an example of each field; see aa-profile.toml(5) and docs/manifest.md. */
export const manifestFields: Fields = {
  name: { what: 'the name of the package and of its file', example: 'name = "docker-nginx"' },
  team: { what: 'the team that publishes it', example: 'team = "platform"' },
  description: {
    what: 'one line on what it confines, at most 300 characters',
    example: 'description = "nginx in a container"',
  },
  images: { what: 'the container images that it is for', example: 'images = ["nginx"]' },
  ...runFields,
  profiles: {
    what: "the profiles that the file defines, if not only the one with the package's name",
    example: 'profiles = ["man", "man_groff", "man_filter"]',
  },
  kind: {
    what: '"container", "host" for programs of the host, or "abstraction" for rules that other packages include',
    example: 'kind = "host"',
  },
  dependencies: {
    what: 'the packages whose abstractions it includes, each with the versions that it accepts',
    example: 'dependencies = { "library/base-web" = "^1.2" }',
  },
  variants: {
    what: 'the files for different AppArmor releases, each by the oldest release that it is for',
    example: 'variants = { "3.0" = "web", "4.0" = "web.4.0" }',
  },
  abi: { what: 'the policy ABI that it is written against', example: 'abi = "3.0"' },
  license: { what: 'an SPDX licence expression', example: 'license = "Apache-2.0"' },
  tags: {
    what: 'at most ten keywords of lower-case letters, digits and hyphens',
    example: 'tags = ["web", "proxy"]',
  },
  links: {
    what: 'https addresses with more information',
    example: 'links = { source = "https://git.example.org/profiles" }',
  },
  'links.homepage': { what: 'its home page', example: 'homepage = "https://example.org"' },
  'links.source': {
    what: 'its source repository',
    example: 'source = "https://git.example.org/p"',
  },
  'links.documentation': {
    what: 'its documentation',
    example: 'documentation = "https://docs.example.org"',
  },
  'links.issues': {
    what: 'its issue tracker',
    example: 'issues = "https://git.example.org/p/issues"',
  },
};
