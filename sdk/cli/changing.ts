import { changeHost } from '../host/change.ts';
import type { Io } from './io.ts';

/** Does what changes a host, alone (see {@link changeHost}), and says what had to be waited for or mended first. */
export function changing<Result>(
  io: Io,
  root: string,
  work: () => Promise<Result>,
): Promise<Result> {
  return changeHost(root, work, {
    onWait: () => io.tell('Waiting for another aa-registry, which is changing this host…'),
    onRecovered: ({ pending: { kind, installation }, outcome }) => {
      const { team, name, version } = installation;
      const what = kind === 'install' ? 'installation' : 'removal';
      io.tell(`An interrupted ${what} of ${team}/${name}@${version} was ${outcome}.`);
    },
  });
}
