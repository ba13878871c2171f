import { type Line, portMapping, tmpfsOf, volumeMapping, volumesOf } from './line.ts';
import { unitValue, unitWord } from './quote.ts';

/** The settings of a `.container` unit of Podman (podman-systemd.unit(5)); `AppArmor=` is missing before Podman 5.8. */
export function quadletContainer({ profile, run }: Line): string {
  const [program, ...rest] = run.entrypoint ?? [];
  const words = run.entrypoint ? rest : (run.arguments ?? []);
  const { drop = [], add = [] } = run.capabilities ?? {};
  const [user, group] = run.user?.split(':') ?? [];
  return [
    '[Container]',
    `PodmanArgs=${unitWord(`--security-opt=apparmor=${profile}`)}`,
    ...(program === undefined ? [] : [`Entrypoint=${unitValue(program)}`]),
    ...(words.length > 0 ? [`Exec=${words.map(unitWord).join(' ')}`] : []),
    ...(run.ports ?? []).map((port) => `PublishPort=${portMapping(port)}`),
    ...(run.readonly ? ['ReadOnly=true'] : []),
    ...tmpfsOf(run).map((path) => `Tmpfs=${path}`),
    ...volumesOf(run).map((mount) => `Volume=${volumeMapping(mount)}`),
    ...drop.map((name) => `DropCapability=${name === 'ALL' ? 'all' : `CAP_${name}`}`),
    ...add.map((name) => `AddCapability=CAP_${name}`),
    ...(user === undefined ? [] : [`User=${user}`]),
    ...(group === undefined ? [] : [`Group=${group}`]),
    ...(run.environment ?? []).map((name) => `PodmanArgs=--env=${name}`),
  ].join('\n');
}

/** The setting of a service (systemd.exec(5)); what a manifest says about containers does not apply to it. */
export function systemdService({ profile }: Pick<Line, 'profile'>): string {
  return ['[Service]', `AppArmorProfile=${unitValue(profile)}`].join('\n');
}
