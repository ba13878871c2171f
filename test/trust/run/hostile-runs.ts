import fc from 'fast-check';
import { isDefinedName } from '../../../trust/name.ts';
import { Run, runFault } from '../../../trust/run/index.ts';

/** Words that shells, YAML, Compose, Kubernetes, systemd or TOML read as more than text. */
export const hostileWords = [
  ...[
    ' ',
    '"',
    "'",
    '\\',
    '$',
    '$$',
    '%',
    '#',
    ';;',
    '; x',
    '&',
    '|',
    '-',
    '--',
    '~',
    '*',
    '!',
    '`',
    '=',
    ',',
  ],
  ...[
    '$(id)',
    '`id`',
    ['$', '{HOME}'].join(''),
    '$HOME',
    '$(HOME)',
    '$$(HOME)',
    '%n',
    '%%',
    '\\n',
    '\\x41',
    "'; id; '",
  ],
  ...[
    '"; id; "',
    'a b',
    ' a',
    'a ',
    'yes',
    'null',
    '~',
    '1e3',
    '0x10',
    '2001-01-01',
    ': ',
    '- a',
    '{a: b}',
  ],
  ...[
    '[a]',
    '? a',
    '!!str a',
    '&a',
    '*a',
    '%YAML',
    '@a',
    '--privileged',
    '--security-opt=x',
    '{{a}}',
    "it's",
  ],
];

export const hostileNames = [
  '123',
  'null',
  'yes',
  'a b',
  '1e3',
  '/usr/{bin,sbin}/x',
  '/a%n',
  "/a'b",
  '/$HOME',
];

const word = fc.oneof(fc.constantFrom(...hostileWords), fc.stringMatching(/^[ -~]{1,20}$/));
const words = fc.array(word, { minLength: 1, maxLength: 6 });
const port = fc.integer({ min: 1, max: 65_535 });
const optional = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined });

/** The name of a profile that a package may define. */
export const profileName = fc.oneof(
  fc.constantFrom(...hostileNames),
  fc.stringMatching(/^[!-~][ -~]{0,20}$/).filter(isDefinedName),
);

const names = ['CHOWN', 'KILL', 'NET_RAW', 'SETGID', 'SYS_CHROOT'];

/** What a manifest may say about running its images. */
export const hostileRun: fc.Arbitrary<Run> = fc
  .record({
    entrypoint: optional(fc.tuple(fc.constantFrom('nginx', '/a/b', '.x'), word, word)),
    arguments: optional(words),
    ports: optional(
      fc.array(
        fc.record(
          { container: port, host: port, protocol: fc.constantFrom('tcp', 'udp', 'sctp') },
          { requiredKeys: ['container'] },
        ),
        { minLength: 1, maxLength: 3 },
      ),
    ),
    mounts: optional(
      fc.uniqueArray(
        fc.oneof(
          fc.record({
            type: fc.constant('tmpfs'),
            path: fc.stringMatching(/^\/[A-Za-z0-9_+@-]{1,9}$/),
          }),
          fc.record({
            type: fc.constant('volume'),
            path: fc.stringMatching(/^\/[A-Za-z0-9_+@-]{1,9}\/[a-z]$/),
            volume: fc.stringMatching(/^[a-z0-9]{2,5}$/),
            readonly: fc.boolean(),
          }),
        ),
        { minLength: 1, maxLength: 4, selector: ({ path }) => path },
      ),
    ),
    capabilities: optional(
      fc.record(
        { drop: fc.subarray(['ALL', ...names]), add: fc.subarray(names) },
        { requiredKeys: [] },
      ),
    ),
    readonly: optional(fc.boolean()),
    user: optional(fc.constantFrom('0', '101', '007:101')),
    environment: optional(fc.subarray(['TZ', 'y', 'NO', '_a1'], { minLength: 1 })),
  })
  .map((run) =>
    Run.parse(Object.fromEntries(Object.entries(run).filter(([, value]) => value !== undefined))),
  )
  .filter((run) => runFault(run) === undefined);
