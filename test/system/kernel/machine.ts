import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { debian12, type Guest, smallMachine } from './guests.ts';
import { baseImage, copyDisk, createDisk } from './image.ts';
import { environment } from './tools.ts';

/** The address at which a machine reaches the loopback of this host. */
export const hostAddress = '10.0.2.2';

/** The exit code and the output of a command. */
export interface Result {
  code: number;
  stdout: string;
  stderr: string;
}

export interface BootOptions extends StartOptions {
  /** The guest; Debian 12 by default. */
  guest?: Guest;
  /** Adds files to the root folder of the disk before the first boot. */
  furnish?: (root: string) => Promise<void>;
  /** A disk to start with a copy of, instead of a new one. */
  disk?: string;
}

export interface StartOptions {
  /** Added to the kernel's command line. */
  kernelArguments?: string[];
  /** The timeout of the boot; five minutes by default. */
  timeoutMs?: number;
}

/** The default timeout of a boot and of a command, in milliseconds: they take seconds, but not on a busy host. */
const defaultTimeout = 300_000;

/** Creates a machine with its own disk and boots it. */
export async function boot(options: BootOptions = {}): Promise<Machine> {
  const folder = await mkdtemp(path.join(tmpdir(), 'machine-'));
  const guest = options.guest ?? debian12;
  const machine = new Machine(guest, folder);
  try {
    const { disk, furnish = async () => {} } = options;
    if (disk === undefined) await createDisk(guest, machine.disk, furnish);
    else await copyDisk(disk, machine.disk, furnish);
    await machine.start(options);
    return machine;
  } catch (error) {
    await machine.dispose();
    throw error;
  }
}

/** The machine was powered off before a command ended. */
export class MachineOff extends Error {
  constructor(lastWords = '') {
    super(`the machine is off\n${lastWords}`.trimEnd());
  }
}

/** The command that shuts the machine down, by its init process. */
const switchOff = {
  script: 'kill -KILL -1; sync; mount -o remount,ro /; reboot -f',
  systemd: 'systemctl reboot; sleep 60',
};

interface PendingRead {
  resolve: (line: string) => void;
  reject: (error: Error) => void;
}

/**
 * A machine, emulated by qemu, with Debian's kernel and AppArmor. It loads AppArmor like Debian and then runs commands, as
 * root and unconfined, one after another. Its disk is preserved over reboots.
 */
export class Machine {
  readonly disk: string;
  readonly #guest: Guest;
  readonly #folder: string;
  #qemu: ChildProcess | undefined;
  /** The pending reads of lines from the guest, in order. */
  #waiting: PendingRead[] = [];

  constructor(guest: Guest, folder: string) {
    this.#guest = guest;
    this.#folder = folder;
    this.disk = path.join(folder, 'disk');
  }

  /** Powers the machine on and waits until it accepts commands. */
  async start(options: StartOptions = {}): Promise<void> {
    if (this.#qemu) throw new Error('the machine is already running');
    const { kernel, initramfs } = await baseImage(this.#guest);
    const { processors, memory } = this.#guest.hardware ?? smallMachine;
    const arguments_ = [
      // No KVM, so that it works the same on every host.
      // Simple CPUs: newer ones are slower to emulate. With RDRAND, the first program that needs random numbers does not
      // wait for the kernel to collect them.
      ...['-accel', 'tcg', '-machine', 'q35', '-cpu', 'qemu64,+rdrand'],
      ...['-smp', `${processors}`, '-m', `${memory}`],
      ...['-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot'],
      ...['-kernel', kernel, '-initrd', initramfs, '-append', commandLine(options)],
      // A flush need not reach the host's disk: written data survives a kill of the machine.
      ...['-drive', `file=${this.disk},format=raw,if=none,id=disk,cache=unsafe`],
      ...['-device', 'virtio-blk-pci,drive=disk'],
      ...['-netdev', 'user,id=network', '-device', 'virtio-net-pci,netdev=network,romfile='],
      ...['-chardev', `file,id=console,path=${this.#consoleLog()},append=on`],
      ...['-serial', 'chardev:console'],
      ...['-chardev', 'stdio,id=test,signal=off', '-device', 'virtio-serial-pci'],
      ...['-device', 'virtserialport,chardev=test,name=test'],
    ];
    // The kernel kills qemu when this process ends.
    const qemu = spawn('setpriv', ['--pdeathsig', 'KILL', 'qemu-system-x86_64', ...arguments_], {
      env: environment,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.#qemu = qemu;
    let complaints = '';
    qemu.stderr.on('data', (data: Buffer) => {
      complaints += data.toString();
    });
    qemu.stdin.on('error', () => {}); // It has exited, which 'close' reports.
    createInterface({ input: qemu.stdout }).on('line', (line) => {
      this.#waiting.shift()?.resolve(line);
    });
    const ended = () => {
      if (this.#qemu !== qemu) return;
      this.#qemu = undefined;
      for (const { reject } of this.#waiting.splice(0)) {
        reject(new MachineOff(`${complaints}${this.#lastWords()}`));
      }
    };
    qemu.on('error', ended).on('close', ended);

    await this.#line(options.timeoutMs ?? defaultTimeout, 'boot');
  }

  /** Runs a shell command in the guest. Fails after `timeoutMs`, by default five minutes. */
  async run(command: string, options: { timeoutMs?: number } = {}): Promise<Result> {
    const qemu = this.#running();
    const reply = this.#line(options.timeoutMs ?? defaultTimeout, command);
    qemu.stdin?.write(`${Buffer.from(`${command}\n`).toString('base64')}\n`);
    const [code, stdout, stderr] = (await reply).split(':');
    return { code: Number(code), stdout: decoded(stdout), stderr: decoded(stderr) };
  }

  /** Runs a program in the guest, confined by a loaded profile. */
  confined(profile: string, argv: string[], options: { timeoutMs?: number } = {}): Promise<Result> {
    return this.run(`exec aa-exec -p ${quoted(profile)} -- ${argv.map(quoted).join(' ')}`, options);
  }

  /** The profiles in the guest's kernel with their modes. */
  async loadedProfiles(): Promise<Map<string, string>> {
    const { stdout } = await this.run('cat /sys/kernel/security/apparmor/profiles');
    return new Map(
      [...stdout.matchAll(/^(.*) \((\w+)\)$/gm)].map(([, name = '', mode = '']) => [name, mode]),
    );
  }

  /** Shuts the machine down cleanly. */
  async powerOff(): Promise<void> {
    try {
      await this.run(switchOff[this.#guest.init]);
    } catch (error) {
      if (error instanceof MachineOff) return;
      throw error;
    }
    throw new Error('the machine did not switch itself off');
  }

  /** Cuts the machine's power. */
  async kill(): Promise<void> {
    const qemu = this.#qemu;
    if (!qemu) return;
    const closed = once(qemu, 'close');
    qemu.kill('SIGKILL');
    await closed;
  }

  /** Shuts the machine down cleanly and boots it again. */
  async reboot(options: StartOptions = {}): Promise<void> {
    await this.powerOff();
    await this.start(options);
  }

  /** Powers the machine off, if it is running, and removes its disk. */
  async dispose(): Promise<void> {
    await this.kill();
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** The console output of all boots. */
  console(): string {
    try {
      return readFileSync(this.#consoleLog(), 'utf8');
    } catch {
      return '';
    }
  }

  #consoleLog(): string {
    return path.join(this.#folder, 'console.log');
  }

  #running(): ChildProcess {
    if (!this.#qemu) throw new MachineOff();
    return this.#qemu;
  }

  /** Reads the next line from the guest. On a timeout it throws and kills the machine, which is out of sync then. */
  #line(timeoutMs: number, what: string): Promise<string> {
    return new Promise<string>((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(new Error(`no response in ${timeoutMs} ms: ${what}\n${this.#lastWords()}`));
        void this.kill();
      }, timeoutMs);
      const settled = <T>(settle: (value: T) => void) => {
        return (value: T) => {
          clearTimeout(timer);
          settle(value);
        };
      };
      this.#waiting.push({ resolve: settled(resolve), reject: settled(reject) });
    });
  }

  #lastWords(): string {
    return this.console().split('\n').slice(-60).join('\n');
  }
}

function commandLine({ kernelArguments = [] }: StartOptions): string {
  const usual = ['console=ttyS0', 'loglevel=4', 'panic=-1', 'apparmor=1', 'security=apparmor'];
  // An emulated CPU needs no mitigations and no tests of its ciphers; systemd's status output is not used.
  return [
    ...usual,
    'mitigations=off',
    'cryptomgr.notests',
    'random.trust_cpu=on',
    'systemd.show_status=error',
    ...kernelArguments,
  ].join(' ');
}

function decoded(base64: string | undefined): string {
  return Buffer.from(base64 ?? '', 'base64').toString();
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
