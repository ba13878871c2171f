import { CliError, defineCommand, exit } from '../framework/command.ts';
import { answer, formatOption } from '../framework/format.ts';
import { openSession, registryOptions } from '../session.ts';

const issuers = {
  github: 'https://token.actions.githubusercontent.com',
  gitlab: 'https://gitlab.com',
};

export const publisherAdd = defineCommand({
  name: 'publisher add',
  summary: 'Let a repository’s CI publish without a stored token (owners)',
  args: [{ name: 'TEAM' }],
  usage: '--github OWNER/REPO | --gitlab GROUP/PROJECT',
  options: {
    format: formatOption,
    ...registryOptions,
    github: { type: 'string', value: 'OWNER/REPO', description: 'A repository on GitHub' },
    gitlab: { type: 'string', value: 'GROUP/PROJECT', description: 'A project on GitLab' },
    issuer: { type: 'string', value: 'URL', description: 'Of a GitHub or GitLab of your own' },
    branch: { type: 'string', value: 'BRANCH', description: 'The only one (default main)' },
    environment: {
      type: 'string',
      value: 'NAME',
      description: 'The deployment environment that the job must run in',
    },
    profile: { type: 'string', value: 'NAME', description: 'The only profile it may publish' },
  },
  details:
    '"publish" in such a job asks the CI provider for an OpenID Connect token and gets an API token for fifteen ' +
    'minutes. On GitHub the job needs "permissions: id-token: write"; on GitLab an id_tokens entry AA_ID_TOKEN ' +
    'with the registry’s address as aud. What is published is still signed with a key of the team.',
  examples: [
    'aa-registry publisher add platform --github acme/profiles',
    'aa-registry publisher add platform --gitlab acme/profiles --branch release --environment production',
  ],
  async run({ values, args: [team = ''], io }) {
    const { github, gitlab, issuer, branch = 'main', environment = null, profile = null } = values;
    if ((github === undefined) === (gitlab === undefined)) {
      throw new CliError(exit.usage, 'Name a repository with --github or with --gitlab.');
    }
    const client = await openSession(io, values);
    const added = await client.addTrustedPublisher(team, {
      issuer: issuer ?? (github === undefined ? issuers.gitlab : issuers.github),
      repository: github ?? gitlab ?? '',
      branch,
      environment,
      profile,
    });
    const what = added.profile === null ? `for team ${team}` : `${team}/${added.profile}`;
    answer(
      io,
      values,
      { team, ...added },
      `${added.repository} publishes ${what} from ${added.branch} (${added.id}).`,
    );
    return exit.ok;
  },
});
