import {
  type Command,
  exitMeanings,
  type Options,
  placeholder,
  synopsisOf,
  type Topic,
} from './command.ts';
import { helpOption } from './help.ts';

/** A manual page: its file name and man(7) source. */
export interface ManualPage {
  file: string;
  text: string;
}

/** The program version and date on the pages. */
export interface Edition {
  version: string;
  /** Such as `2026-01-31`. */
  date: string;
}

/** Variables that commands read, besides those for options of `serve`. */
const environment: [name: string, meaning: string][] = [
  ['AA_REGISTRY', 'The registry if --registry is not given.'],
  ['AA_TOKEN', 'The API token, instead of the one that login saved.'],
  ['AA_SIGNING_KEY', 'A publisher key in PEM, instead of a file.'],
  ['AA_KEY_PASSPHRASE', 'The passphrase of an encrypted publisher key.'],
  ['AA_ID_TOKEN', 'A CI job’s OpenID Connect token, with which publish gets an API token.'],
  ['LIBSQL_AUTH_TOKEN', 'The token for the database of admin check --database.'],
  ['AA_CONFIG', 'The host’s configuration, instead of /etc/aa-registry/config.toml.'],
  ['HTTPS_PROXY, HTTP_PROXY, NO_PROXY', 'The proxy, and the hosts to contact without it.'],
  ['SSL_CERT_FILE', 'A PEM file of CAs to trust in addition to those of the system.'],
  ['NO_COLOR', 'Disables colours if set and not empty.'],
  ['XDG_CONFIG_HOME', 'The folder of the user’s configuration, instead of ~/.config.'],
  ['XDG_STATE_HOME', 'The folder for the last checkpoints seen, instead of ~/.local/state.'],
];

const files: [path: string, meaning: string][] = [
  [
    '/etc/aa-registry/trust.toml',
    'The logs and keys that this host trusts; see aa-registry-trust.toml(5).',
  ],
  [
    '/etc/aa-registry/profiles.toml',
    'The profiles that sync installs; see aa-registry-profiles.toml(5).',
  ],
  ['/etc/aa-registry/profiles.lock.toml', 'The exact versions of those profiles, written by lock.'],
  [
    '/etc/aa-registry/config.toml',
    'The connection to the registry; see aa-registry-config.toml(5).',
  ],
  ['aa-profile.toml', 'The manifest of a package; see aa-profile.toml(5).'],
  ['/etc/apparmor.d/aa-registry.TEAM.NAME', 'An installed profile.'],
  ['/etc/apparmor.d/local/NAME', 'The administrator’s own rules; updates do not change them.'],
  ['/var/lib/aa-registry', 'The installed state and the last checkpoint seen.'],
  ['~/.config/aa-registry/config.toml', 'The registry and token saved by login.'],
];

/** The pages of section 1: an overview, and one for each command. */
export async function manualPages(topics: Topic[], edition: Edition): Promise<ManualPage[]> {
  const loaded = await Promise.all(
    topics.map(async ({ title, commands }) => ({
      title,
      commands: await Promise.all(Object.values(commands).map((load) => load())),
    })),
  );
  return [
    { file: 'aa-registry.1', text: overviewPage(loaded, edition) },
    ...loaded.flatMap(({ commands }) =>
      commands.map((command) => ({
        file: `${pageName(command)}.1`,
        text: commandPage(command, edition),
      })),
    ),
  ];
}

function overviewPage(topics: { title: string; commands: Command[] }[], edition: Edition): string {
  return page('aa-registry', 'publish, verify and install AppArmor profiles', edition, [
    '.SH SYNOPSIS',
    `.B ${escaped('aa-registry')}`,
    '.I COMMAND',
    '.RI [ OPTIONS ]',
    '.SH DESCRIPTION',
    escaped(
      'aa-registry distributes AppArmor profiles. Publishers lint, sign and publish them to a registry; hosts pull them, verify their origin, and load them into the kernel. Each command has its own page.',
    ),
    ...topics.flatMap(({ title, commands }) => [
      `.SS ${escaped(title)}`,
      ...commands.flatMap((command) => [
        '.TP',
        `.BR ${escaped(pageName(command))} (1)`,
        `${escaped(command.summary)}.`,
      ]),
    ]),
    '.SH EXIT STATUS',
    ...Object.entries(exitMeanings).flatMap(([code, meaning]) => [
      '.TP',
      `.B ${code}`,
      `${escaped(meaning)}.`,
    ]),
    '.SH ENVIRONMENT',
    ...environment.flatMap(([name, meaning]) => ['.TP', `.B ${name}`, escaped(meaning)]),
    '.SH FILES',
    ...files.flatMap(([path, meaning]) => ['.TP', `.I ${escaped(path)}`, escaped(meaning)]),
    '.SH SEE ALSO',
    '.BR apparmor (7),',
    '.BR apparmor.d (5),',
    '.BR apparmor_parser (8),',
    `.BR ${escaped('aa-registry-config.toml')} (5),`,
    `.BR ${escaped('aa-registry-trust.toml')} (5),`,
    `.BR ${escaped('aa-registry-profiles.toml')} (5),`,
    `.BR ${escaped('aa-profile.toml')} (5)`,
  ]);
}

function commandPage(command: Command, edition: Edition): string {
  const { name, summary, details, options, examples } = command;
  const synopsis = synopsisOf(command);
  const lowered = summary.charAt(0).toLowerCase() + summary.slice(1);
  return page(pageName(command), lowered, edition, [
    '.SH SYNOPSIS',
    `.B ${escaped(`aa-registry ${name}`)}`,
    ...(synopsis === '' ? [] : [escaped(synopsis)]),
    '.RI [ OPTIONS ]',
    '.SH DESCRIPTION',
    `${escaped(summary)}.`,
    ...(details === undefined ? [] : ['.PP', escaped(details)]),
    '.SH OPTIONS',
    ...optionLines({ ...options, ...helpOption }),
    '.SH EXAMPLES',
    '.EX',
    ...examples.map(escaped),
    '.EE',
    '.SH EXIT STATUS',
    '0 on success. The other codes are listed in',
    `.BR ${escaped('aa-registry')} (1).`,
    '.SH SEE ALSO',
    `.BR ${escaped('aa-registry')} (1)`,
  ]);
}

function optionLines(options: Options): string[] {
  return Object.entries(options).flatMap(([name, option]) => {
    const { short, description } = option;
    const value = placeholder(option);
    const left = [
      ...(short === undefined ? [] : [`\\fB${escaped(`-${short}`)}\\fR,`]),
      `\\fB${escaped(`--${name}`)}\\fR`,
      ...(value === undefined ? [] : [`\\fI${escaped(value)}\\fR`]),
    ];
    return ['.TP', left.join(' '), `${escaped(description)}.`];
  });
}

function page(name: string, summary: string, edition: Edition, body: string[]): string {
  const { version, date } = edition;
  return [
    `.TH ${escaped(name.toUpperCase())} 1 ${date} "aa\\-registry ${version}" "User Commands"`,
    '.SH NAME',
    `${escaped(name)} \\- ${escaped(summary)}`,
    ...body,
    '',
  ].join('\n');
}

function pageName({ name }: Command): string {
  return `aa-registry-${name.replaceAll(' ', '-')}`;
}

/** Escapes text for man(7), so that it can be copied from the page as typed. */
function escaped(text: string): string {
  const characters: Record<string, string> = {
    '\\': '\\e',
    '-': '\\-',
    "'": '\\(aq',
    '`': '\\(ga',
    '^': '\\(ha',
    '~': '\\(ti',
  };
  const plain = text.replaceAll(/[\\\-'`^~]/g, (one) => characters[one] ?? one);
  return plain.startsWith('.') ? `\\&${plain}` : plain;
}
