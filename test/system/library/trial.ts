import type { Manifest } from '../../../trust/index.ts';
import type { Result } from '../kernel/machine.ts';
import { containerCommand, containerFolders } from './container.ts';
import type { Server } from './server.ts';

/** What runs commands in a guest. */
export interface Guest {
  run(command: string): Promise<Result>;
}

/** An attempt of an attacker, and the error number of its refusal: 0 if it succeeded. */
export interface Attempt {
  what: string;
  error: number;
}

/** A command failed that a test needs. */
class CommandFailed extends Error {
  constructor(command: string, { code, stdout, stderr }: Result) {
    super(`${command}\nexit code ${code}\n${stdout}${stderr}`);
  }
}

/** EPERM and EACCES (errno(3)): what the profile refuses with. */
export const refused = (error: number): boolean => error === 1 || error === 13;

/** A server of a package in a guest whose kernel has its profile loaded. */
export class Trial {
  readonly server: Server;
  readonly #guest: Guest;
  readonly #manifest: Pick<Manifest, 'run'>;

  constructor(guest: Guest, server: Server, manifest: Pick<Manifest, 'run'>) {
    this.#guest = guest;
    this.server = server;
    this.#manifest = manifest;
  }

  /** Creates what the server needs, and starts it as a container. */
  async prepare(): Promise<void> {
    await this.#succeed(containerFolders(this.#packaged()).setup);
    if (this.server.setup) await this.#succeed(this.server.setup);
    await this.#succeed('dmesg -C');
  }

  /** Starts the server and waits until it serves. */
  async start(): Promise<void> {
    const { command, name, ready } = this.server;
    // Its output is a pipe, as in a container.
    await this.#succeed(`rm -f /run/${name}.code
(${containerCommand(this.#packaged(), command)} & echo $! >/run/${name}.pid; wait $!; echo $? >/run/${name}.code) 2>&1 </dev/null | cat >>/var/log/${name}.out &
end=$(($(date +%s) + 200))
while [ $(date +%s) -lt $end ] && [ ! -e /run/${name}.code ]; do
  { ${ready}; } >/dev/null 2>&1 && exit
  sleep 0.3
done
tail -30 /var/log/${name}.out; exit 1`);
  }

  /** Does a step of the workload. */
  async step(command: string): Promise<void> {
    await this.#succeed(this.#bounded(command));
  }

  /** Stops the server; returns its exit code. */
  async stop(): Promise<number> {
    const { name, stop = 'TERM' } = this.server;
    const output = await this.#succeed(`${this.#findServer()}
kill -${stop} $server
for _ in $(seq 300); do [ -e /run/${name}.code ] && break; sleep 0.2; done
cat /run/${name}.code`);
    return Number(output);
  }

  /** The refusals of the profile that the kernel has logged since the last call. */
  async refusals(): Promise<string[]> {
    const output = await this.#succeed('dmesg; dmesg -C');
    const labels = [`profile="${this.server.name}"`, `profile="${this.server.name}//`];
    return output
      .split('\n')
      .filter(
        (line) => line.includes('apparmor="DENIED"') && labels.some((one) => line.includes(one)),
      );
  }

  /** Attempts an attack by means of the server; returns whether it failed and the kernel logged why. */
  async attack(command: string): Promise<boolean> {
    await this.refusals();
    const { code } = await this.#guest.run(this.#bounded(command));
    return code !== 0 && (await this.refusals()).length > 0;
  }

  /** Attempts the general attacks under the profile, or under another label. */
  async attempts(label = this.server.name): Promise<Attempt[]> {
    const { paths } = containerFolders(this.#packaged());
    const output =
      await this.#succeed(`mountpoint -q /srv/mounted || mount -t tmpfs tmpfs /srv/mounted
# The attacker is root, for whom a profile without dac_override does not open other users' folders.
for folder in ${paths.join(' ')}; do chmod 777 $folder; done
attack ${label} ${paths.join(' ')}`);
    return [...output.matchAll(/^(\d+)\t(.*)$/gm)].map(([, error, what = '']) => ({
      what,
      error: Number(error),
    }));
  }

  #packaged() {
    return { name: this.server.name, manifest: this.#manifest };
  }

  /** A command that knows the server's process, fails with the first of its lines that does, and ends in time. */
  #bounded(command: string): string {
    return `cat >/run/step <<'COMMAND'
${command}
COMMAND
${this.#findServer()}
export server
timeout 200 sh -e /run/step </dev/null`;
  }

  #findServer(): string {
    return `server=$(pgrep -P $(cat /run/${this.server.name}.pid))`;
  }

  async #succeed(command: string): Promise<string> {
    const result = await this.#guest.run(command);
    if (result.code === 0) return result.stdout;
    const denied = await this.#guest.run('dmesg | grep DENIED');
    throw new CommandFailed(command, { ...result, stderr: result.stderr + denied.stdout });
  }
}
