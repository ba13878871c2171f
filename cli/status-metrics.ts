// The state of a host as metrics, for the textfile collector of Prometheus' node_exporter.
import type { Status } from '../sdk/calls/status.ts';
import { isAsInstalled } from '../sdk/host/drift.ts';

type Labels = Readonly<Record<string, string>>;
type Sample = readonly [labels: Labels, value: number | boolean];

/**
 * The status in Prometheus' text format (version 0.0.4). What is not known, such as the kernel's state for another root, has no
 * sample.
 *
 * @param now when the status was read
 */
export function statusMetrics(found: Status, now: Date): string {
  const { kernel, installed, unconfined, pending, damaged, untrusted } = found;
  const each = (value: (one: Status['installed'][number]) => number | boolean): Sample[] =>
    installed.map((one) => [labelsOf(one.installation), value(one)]);
  const total = (value: number | boolean): Sample[] => [[{}, value]];
  const refused = new Set(untrusted.map(({ installation }) => installation));
  return [
    gauge('status_timestamp_seconds', 'When the status was read', total(now.getTime() / 1000)),
    gauge('apparmor_enabled', 'Whether AppArmor is enabled', kernel ? total(kernel.ok) : []),
    gauge(
      'profile_info',
      'The version and the mode of an installed profile',
      installed.map(({ installation, mode = '' }) => [
        { ...labelsOf(installation), version: installation.version, mode },
        1,
      ]),
    ),
    gauge(
      'profile_loaded',
      'Whether an installed profile is loaded',
      kernel?.ok
        ? installed
            .filter(({ installation }) => installation.kind !== 'abstraction')
            .map(({ installation, mode }) => [labelsOf(installation), mode !== undefined])
        : [],
    ),
    gauge(
      'profile_unchanged',
      'Whether file and kernel have what was installed',
      each(({ drift }) => isAsInstalled(drift)),
    ),
    gauge(
      'profile_trusted',
      'Whether an installed profile would still be accepted',
      each(({ installation }) => !refused.has(installation)),
    ),
    gauge(
      'profile_processes',
      'Processes that are confined by an installed profile',
      kernel?.ok ? each(({ processes }) => processes.length) : [],
    ),
    gauge(
      'profile_update_waiting',
      'Whether a version waits for approval',
      each(({ installation: { waiting, approved } }) =>
        Boolean(waiting && waiting.digest !== approved?.digest),
      ),
    ),
    gauge(
      'unconfined_processes',
      'Unconfined processes of programs with a loaded profile',
      kernel?.ok ? total(unconfined.length) : [],
    ),
    gauge('interrupted_changes', 'Changes that the next one finishes', total(pending.length)),
    gauge('damaged_records', 'Records of installations that can’t be read', total(damaged.length)),
  ]
    .filter((text) => text !== '')
    .join('');
}

function labelsOf({ team, name }: { team: string; name: string }): Labels {
  return { team, name };
}

/** A metric with its samples; empty without any. */
function gauge(name: string, help: string, samples: readonly Sample[]): string {
  if (samples.length === 0) return '';
  const full = `aa_registry_host_${name}`;
  const lines = samples.map(([labels, value]) => `${full}${labelText(labels)} ${Number(value)}`);
  return [`# HELP ${full} ${help}`, `# TYPE ${full} gauge`, ...lines, ''].join('\n');
}

function labelText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

const escaped = (value: string) =>
  value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
