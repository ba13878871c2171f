import { type Line, portMapping, tmpfsOf, volumesOf } from './line.ts';
import { yamlString } from './quote.ts';

/** The fields of a service in a Compose file (the Compose Specification). */
export function composeService({ profile, run }: Line): string {
  const { drop = [], add = [] } = run.capabilities ?? {};
  const volumes = volumesOf(run);
  return [
    'security_opt:',
    `  - ${text(`apparmor=${profile}`)}`,
    ...(run.entrypoint ? [`entrypoint: ${list(run.entrypoint)}`] : []),
    ...(run.arguments ? [`command: ${list(run.arguments)}`] : []),
    ...sequence('ports', (run.ports ?? []).map(portMapping)),
    ...(run.readonly ? ['read_only: true'] : []),
    ...sequence('tmpfs', tmpfsOf(run)),
    ...(volumes.length > 0
      ? ['# Name each volume in the "volumes" of the file, too.', 'volumes:']
      : []),
    ...volumes.flatMap(({ path, volume = '', readonly = false }) => [
      '  - type: volume',
      `    source: ${text(volume)}`,
      `    target: ${text(path)}`,
      ...(readonly ? ['    read_only: true'] : []),
    ]),
    ...sequence('cap_drop', drop),
    ...sequence('cap_add', add),
    ...(run.user === undefined ? [] : [`user: ${JSON.stringify(run.user)}`]),
    ...sequence('environment', run.environment ?? []),
  ].join('\n');
}

/** A "$" would begin a variable's name. */
const escaped = (value: string) => value.replaceAll('$', '$$$$');

const plain = /^[a-z]+=[A-Za-z0-9._/-]+$/;
const text = (value: string) => (plain.test(value) ? value : yamlString(escaped(value)));

/** JSON is YAML too. */
const list = (words: readonly string[]) => JSON.stringify(words.map(escaped));

function sequence(field: string, values: readonly string[]): string[] {
  return values.length > 0 ? [`${field}:`, ...values.map((value) => `  - ${text(value)}`)] : [];
}
