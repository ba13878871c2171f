import { availableParallelism } from 'node:os';
import { debian12, debian13, docker12, type Guest, library12 } from './system/kernel/guests.ts';

/** A test command: its files, runtimes and requirements. */
export interface Tier {
  include: string[];
  exclude: string[];
  /** The runtimes of the API tests, for AA_TEST_RUNTIMES (runtimes.ts). */
  runtimes: string;
  /** How many times the usual number of runs property tests make (property-runs.ts). */
  runs: number;
  /** Whether the single executable is built first. */
  executable: boolean;
  guests: Guest[];
  /** The number of test files that run concurrently. */
  workers: number;
  /** The required Debian packages, by a file that shows whether each is installed. */
  packages: [file: string, name: string][];
}

/** The requirements of all tiers. */
const common: Tier['packages'] = [
  ['/usr/sbin/apparmor_parser', 'apparmor'],
  ['/usr/share/apparmor/extra-profiles', 'apparmor-profiles'],
  ['/usr/bin/openssl', 'openssl'],
  ['/usr/bin/curl', 'curl'],
  ['/usr/bin/jq', 'jq'],
  ['/usr/bin/zsh', 'zsh'],
  ['/usr/bin/fish', 'fish'],
];

/** Scenarios of several parties, which take long; on both runtimes in CI. */
const trials = ['test/{attacks,audit,mirror-attacks,witness}.test.ts'];

/** Property tests that make few runs in `npm test`. */
const properties = [
  'test/api/search.test.ts',
  'test/db/check.test.ts',
  'test/denials/{forged,narrow}.test.ts',
  'test/host/updates-sequences.test.ts',
  'test/policy/{access,hostile,properties}.test.ts',
  'test/trust/reference.test.ts',
  'test/trust/run/lines.test.ts',
];

/** One more than the number of cores, since these tests also wait for disks, timers and other processes. */
const workers = availableParallelism() + 1;

/** The files that take longest, the slowest first. */
export const slowest = [
  'test/system/library/library.test.ts',
  'test/system/docker/docker-nginx.test.ts',
  'test/system/kernel/power-cut.test.ts',
  'test/system/kernel/host.test.ts',
  'test/system/kernel/debian-13.test.ts',
  'test/system/kernel/denials.test.ts',
  'test/system/deb.test.ts',
  'test/system/interrupted.test.ts',
  'test/system/kernel/drift.test.ts',
  'test/system/host/hostile-root.test.ts',
  'test/system/kernel/model-sample.test.ts',
  'test/system/admin.test.ts',
  'test/system/kernel/tampered.test.ts',
  'test/system/host/updates-attacks.test.ts',
  'test/witness.test.ts',
  'test/audit.test.ts',
  'test/attacks.test.ts',
  'test/mirror-attacks.test.ts',
  'test/system/policy/format-compiled.test.ts',
  'test/system/cli/network.test.ts',
  'test/system/cli/hostile.test.ts',
  'test/system/package.test.ts',
  'test/system/kernel/first-light.test.ts',
  'test/system/host/dependencies.test.ts',
  'test/system/host/sync.test.ts',
  'test/system/host/updates.test.ts',
  'test/cli/client.test.ts',
  'test/system/host/change.test.ts',
  'test/cli/error-messages.test.ts',
  'test/cli/denials.test.ts',
  'test/policy/hostile.test.ts',
  'test/db/check.test.ts',
  'test/system/host/revoked.test.ts',
  'test/system/host/names.test.ts',
  'test/system/host/variants.test.ts',
  'test/system/host/mirror.test.ts',
  'test/cli/policy.test.ts',
  'test/policy/properties.test.ts',
  'test/cli/json.test.ts',
  'test/system/cli/serve.test.ts',
  'test/sdk/calls.test.ts',
  'test/system/signatures.test.ts',
  'test/denials/narrow.test.ts',
];

export const tiers = {
  /** `npm test`: in process on Node, a smoke test on workerd, and one boot of a real kernel. */
  quick: {
    include: [
      'test/**/*.test.{ts,tsx}',
      'test/runtime/smoke.test.ts',
      'test/system/kernel/first-light.test.ts',
    ],
    exclude: [
      ...trials,
      'test/runtime/!(smoke).test.ts',
      'test/system/*.test.ts',
      'test/system/{catalog,cli,docker,host,library,lsp,policy}/**',
      'test/system/kernel/!(first-light).test.ts',
    ],
    runtimes: 'node',
    runs: 0.25,
    // Also runs in the guest of the kernel test.
    executable: true,
    guests: [debian12],
    workers,
    packages: common,
  },
  /** `npm run test:runtime`: the service on workerd. */
  runtime: {
    include: ['test/api/*.test.ts', ...trials, 'test/runtime/*.test.ts'],
    exclude: [],
    runtimes: 'workerd',
    runs: 4,
    executable: false,
    guests: [],
    workers,
    packages: common,
  },
  /** `npm run test:system`: kernels, power cuts, hosts, processes, the Debian package, the executable, the browser, load. */
  system: {
    include: ['test/system/**/*.test.ts', ...trials, ...properties],
    // Included in npm test.
    exclude: ['test/system/kernel/first-light.test.ts'],
    runtimes: 'node',
    runs: 4,
    executable: true,
    guests: [debian12, debian13, docker12, library12],
    workers,
    packages: [
      ...common,
      ['/usr/bin/chromium', 'chromium'],
      ['/usr/bin/promtool', 'prometheus'],
      ['/usr/bin/dpkg-shlibdeps', 'dpkg-dev'],
      ['/usr/bin/strip', 'binutils'],
      ['/usr/bin/groff', 'groff'],
      ['/usr/bin/mandoc', 'mandoc'],
      ['/usr/bin/lintian', 'lintian'],
      ['/usr/bin/skopeo', 'skopeo'],
      ['/usr/bin/docker-registry', 'docker-registry'],
    ],
  },
} satisfies Record<string, Tier>;
