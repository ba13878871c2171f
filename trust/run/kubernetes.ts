import { type Line, type Port, volumesOf } from './line.ts';
import { yamlString } from './quote.ts';
import type { Run } from './schema.ts';

/** The fields of a container of a Pod (Kubernetes 1.30 and newer), and the volumes that the Pod needs for it. */
export function kubernetesContainer({ profile, run }: Line): string {
  const { drop = [], add = [] } = run.capabilities ?? {};
  const [user, group] = run.user?.split(':') ?? [];
  const mounts = mountsOf(run);
  return [
    'securityContext:',
    '  appArmorProfile:',
    '    type: Localhost',
    `    localhostProfile: ${yamlString(profile)}`,
    ...(drop.length + add.length > 0 ? ['  capabilities:'] : []),
    ...(drop.length > 0 ? [`    drop: ${JSON.stringify(drop)}`] : []),
    ...(add.length > 0 ? [`    add: ${JSON.stringify(add)}`] : []),
    ...(run.readonly ? ['  readOnlyRootFilesystem: true'] : []),
    ...(user === undefined ? [] : [`  runAsUser: ${Number(user)}`]),
    ...(group === undefined ? [] : [`  runAsGroup: ${Number(group)}`]),
    ...(run.entrypoint ? [`command: ${list(run.entrypoint)}`] : []),
    ...(run.arguments ? [`args: ${list(run.arguments)}`] : []),
    ...section('ports', (run.ports ?? []).flatMap(portLines)),
    ...section(
      'env',
      (run.environment ?? []).flatMap((name) => [`  - name: ${yamlString(name)}`, '    value: ""']),
    ),
    ...section(
      'volumeMounts',
      mounts.flatMap(({ name, path, readonly }) => [
        `  - name: ${yamlString(name)}`,
        `    mountPath: ${yamlString(path)}`,
        ...(readonly ? ['    readOnly: true'] : []),
      ]),
    ),
    ...(mounts.length > 0 ? ['# In the spec of the Pod:'] : []),
    ...section('volumes', volumeLines(run)),
  ].join('\n');
}

/** The annotation of a Pod for one of its containers (Kubernetes before 1.30). */
export function kubernetesAnnotation(profile: string, container: string): string {
  return [
    'metadata:',
    '  annotations:',
    `    container.apparmor.security.beta.kubernetes.io/${container}: ${yamlString(`localhost/${profile}`)}`,
  ].join('\n');
}

/** JSON is YAML too. "$(NAME)" would be expanded, and "$$" stands for "$". */
const list = (words: readonly string[]) =>
  JSON.stringify(words.map((word) => word.replaceAll('$', '$$$$')));

function section(field: string, lines: readonly string[]): string[] {
  return lines.length > 0 ? [`${field}:`, ...lines] : [];
}

function portLines({ container, protocol = 'tcp' }: Port): string[] {
  const isTcp = protocol === 'tcp';
  return [
    `  - containerPort: ${container}`,
    ...(isTcp ? [] : [`    protocol: ${protocol.toUpperCase()}`]),
  ];
}

/** The mounts with the names of their volumes in the Pod. */
function mountsOf({ mounts = [] }: Run) {
  let count = 0;
  return mounts.map(({ type, path, volume = '', readonly = false }) => ({
    ...{ path, readonly },
    name: type === 'tmpfs' ? `tmpfs-${++count}` : volume,
  }));
}

function volumeLines(run: Run): string[] {
  const claims = new Set(volumesOf(run).map(({ volume = '' }) => volume));
  const names = new Set(mountsOf(run).map(({ name }) => name));
  return [...names].flatMap((name) => [
    `  - name: ${yamlString(name)}`,
    ...(claims.has(name)
      ? ['    persistentVolumeClaim:', `      claimName: ${yamlString(name)}`]
      : ['    emptyDir:', '      medium: Memory']),
  ]);
}
