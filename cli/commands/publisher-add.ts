import { oneLine } from '../../sdk/client.ts';
import { CliError, defineCommand, exit } from '../framework/command.ts';
import { formatOption, printResult } from '../framework/format.ts';
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
    issuer: { type: 'string', value: 'URL', description: 'The URL of your own GitHub or GitLab' },
    branch: {
      type: 'string',
      value: 'BRANCH',
      description: 'The only branch that may publish (default main)',
    },
    environment: {
      type: 'string',
      value: 'NAME',
      description: 'The deployment environment that the job must run in',
    },
    profile: { type: 'string', value: 'NAME', description: 'The only profile it may publish' },
  },
  details:
    'In such a job, "publish" requests an OpenID Connect token from the CI provider and ' +
    'exchanges it for an API token that is valid for fifteen minutes. On GitHub, the job needs ' +
    '"permissions: id-token: write". On GitLab, it needs an id_tokens entry AA_ID_TOKEN with ' +
    'the registry’s address as aud. Versions are still signed with a key of the team.',
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
    printResult(
      io,
      values,
      { team, ...added },
      oneLine(`${added.repository} publishes ${what} from ${added.branch} (${added.id}).`),
    );
    return exit.ok;
  },
});
