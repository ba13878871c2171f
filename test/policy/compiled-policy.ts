// Reads the output of apparmor_parser and looks up permissions like the kernel: the serialised policy (policy_unpack.c), its
// tables (match.c) and their permissions (file.h), for policy of version 5 to 8.
import { spawnSync } from 'node:child_process';

/** An apparmor_parser: the command, and the features that it compiles for. */
export interface Parser {
  command: readonly string[];
  features: string;
}

/** This machine's, for AppArmor 3.0. */
const installed: Parser = {
  command: ['/usr/sbin/apparmor_parser'],
  features: '/etc/apparmor.d/abi/3.0',
};

/** The compiled profiles by name; undefined if the parser refuses the text. `cwd` is the folder of relative includes. */
export function compilePolicy(
  source: string | Buffer,
  options: readonly string[] = [],
  cwd?: string,
  { command, features }: Parser = installed,
): Map<string, CompiledProfile> | undefined {
  const limits = ['--as=1073741824', '--cpu=10', 'timeout', '10', ...command, '-Q', '-K', '-S'];
  const files = ['--policy-features', features, '--kernel-features', features];
  const { status, stdout } = spawnSync('prlimit', [...limits, ...files, ...options], {
    input: source,
    cwd,
    maxBuffer: 1 << 28,
  });
  return status === 0 ? readPolicy(stdout) : undefined;
}

/** The permissions of the owner of a file or of others, as bits: `r` is 4, `w` is 2 and so on. */
export interface CompiledPermissions {
  allow: number;
  /** The decoded exec transition of the kernel's index. */
  exec: string;
}

export interface CompiledProfile {
  name: string;
  capabilities: { allow: bigint; audit: bigint; quiet: bigint };
  /** Limits by their number in the kernel. */
  rlimits: ReadonlyMap<number, bigint>;
  file(path: Buffer, owner: boolean): CompiledPermissions;
  /** The automata of file rules and of the rules of all other classes, if any. */
  files: CompiledAutomaton | undefined;
  policy: CompiledAutomaton | undefined;
}

/** An automaton as the kernel has it. State 0 is the dead state. */
export interface CompiledAutomaton {
  start: number;
  step(state: number, byte: number): number;
  /** The allowed permissions, and those that are logged (audit) or denied without logging (quiet). */
  allow(state: number): number;
  audit(state: number): number;
  quiet(state: number): number;
  /** The decoded exec transition of the owner or of others; empty if execution is denied. */
  exec(state: number, owner: boolean): string;
}

/** The bit of each permission in the tables. */
export const bits = { x: 1, w: 2, r: 4, a: 8, l: 0x10, k: 0x20, m: 0x40 } as const;

type Value = number | bigint | string | Buffer | Value[] | Fields;
/** The values of a struct or profile in order; `name` is set for those that have one. */
type Fields = { fields: { name?: string; value: Value }[] };

function readPolicy(data: Buffer): Map<string, CompiledProfile> {
  let at = 0;
  const text = () => {
    const length = data.readUInt16LE(at);
    const read = data.toString('latin1', at + 2, at + 1 + length);
    at += 2 + length;
    return read;
  };
  const value = (tag: number): Value => {
    switch (tag) {
      case 0:
        return data[at++] as number;
      case 1:
        at += 2;
        return data.readUInt16LE(at - 2);
      case 2:
        at += 4;
        return data.readUInt32LE(at - 4);
      case 3:
        at += 8;
        return data.readBigUInt64LE(at - 8);
      case 5:
        return text();
      case 6: {
        const size = data.readUInt32LE(at);
        at += 4 + size;
        return data.subarray(at - size, at);
      }
      case 7:
        return { fields: fields(8) };
      case 9:
        return { fields: fields(10) };
      case 11:
        at += 2;
        return fields(12).map((one) => one.value);
      default:
        throw new Error(`unknown tag ${tag} at ${at}`);
    }
  };
  const fields = (end: number): Fields['fields'] => {
    const found: Fields['fields'] = [];
    while (at < data.length) {
      let tag = data[at++] as number;
      if (tag === end) return found;
      let name: string | undefined;
      if (tag === 4) {
        name = text();
        tag = data[at++] as number;
      }
      found.push({ ...(name !== undefined && { name }), value: value(tag) });
    }
    return found;
  };
  const profiles = fields(-1).flatMap(({ name, value: one }) =>
    name === 'profile' ? [readProfile(one as Fields)] : [],
  );
  return new Map(profiles.map((one) => [one.name, one]));
}

function readProfile({ fields }: Fields): CompiledProfile {
  const name = fields[0]?.value as string;
  const flags = fields.findIndex((one) => one.name === 'flags');
  // The values before the flags describe the attachment.
  const after = fields.slice(flags + 1);
  const named = (name: string) => after.find((one) => one.name === name)?.value;
  const unnamed = after.filter((one) => one.name === undefined);
  const low = unnamed.map(({ value }) => BigInt(value as number));
  const high = ((named('caps64') as Fields | undefined)?.fields ?? []).map(({ value }) =>
    BigInt(value as number),
  );
  const capability = (at: number) => (low[at] ?? 0n) | ((high[at] ?? 0n) << 32n);
  const names = ((named('xtable') as Fields | undefined)?.fields[0]?.value ?? []) as string[];
  const files = automaton(named('aadfa') as Buffer | undefined, named('dfa_start'), names);
  const policy = named('policydb') as Fields | undefined;
  const blob = policy?.fields.find(({ value }) => Buffer.isBuffer(value))?.value;
  return {
    name,
    capabilities: {
      allow: capability(0),
      audit: capability(1),
      quiet: capability(2),
    },
    rlimits: readRlimits(named('rlimits') as Fields | undefined),
    files,
    policy: automaton(
      blob as Buffer | undefined,
      policy?.fields.find((one) => one.name === 'start')?.value,
      names,
    ),
    file(path, owner) {
      if (!files) return { allow: 0, exec: '' };
      let state = files.start;
      for (const byte of path) state = files.step(state, byte);
      const side = owner ? files.allow(state) : files.allow(state) >>> 14;
      return { allow: side & 0x7f, exec: files.exec(state, owner) };
    },
  };
}

/** A mask, and the values of its bits in order. */
function readRlimits(one: Fields | undefined): Map<number, bigint> {
  const [mask = 0, ...values] = (one?.fields ?? []).flatMap(({ value }) =>
    Array.isArray(value) ? value : [value],
  ) as (number | bigint)[];
  const limited = Array.from({ length: 16 }, (_, at) => at).filter(
    (at) => Number(mask) & (1 << at),
  );
  return new Map(limited.map((at) => [at, BigInt(values[at] ?? 0)]));
}

function automaton(
  blob: Buffer | undefined,
  start: Value | undefined,
  names: readonly string[],
): CompiledAutomaton | undefined {
  if (!blob) return undefined;
  const tables = readTables(blob);
  const allow = (state: number) => tables.accept[state] ?? 0;
  return {
    start: (start as number | undefined) ?? 1,
    step: (state, byte) => run(tables, state, [byte]),
    allow,
    audit: (state) => (tables.logged[state] ?? 0) & 0x1fc07f,
    quiet: (state) => ((tables.logged[state] ?? 0) >>> 7) & 0x1fc07f,
    exec(state, owner) {
      const side = owner ? allow(state) : allow(state) >>> 14;
      return side & 1 ? transition(side, names) : '';
    },
  };
}

/** The exec transition of the owner or of others: the target of the index and the modifiers of its bits. */
function transition(side: number, names: readonly string[]): string {
  const index = (side >> 10) & 0xf;
  const what = ['', 'unconfined', 'profile', 'child'][index] ?? `-> ${names[index - 4]}`;
  const more = [
    side & 0x100 && 'unsafe',
    side & 0x200 && 'inherit',
    side & 0x80 && 'or unconfined',
  ];
  return [what, ...more].filter(Boolean).join(' ');
}

interface Tables {
  accept: number[];
  logged: number[];
  base: number[];
  next: number[];
  check: number[];
  fallback: number[];
  classes: number[] | undefined;
}

function readTables(blob: Buffer): Tables {
  // They are padded to a multiple of eight.
  const start = blob.indexOf('1b5e783d', 0, 'hex');
  if (start < 0 || start > 7) throw new Error('no tables here');
  const data = blob.subarray(start);
  const found = new Map<number, number[]>();
  for (let at = data.readUInt32BE(4); at + 12 <= data.length; ) {
    const id = data.readUInt16BE(at);
    const width = data.readUInt16BE(at + 2);
    const length = data.readUInt32BE(at + 8);
    const table: number[] = [];
    for (let i = 0; i < length; i++) table.push(data.readUIntBE(at + 12 + i * width, width));
    found.set(id, table);
    at += Math.ceil((12 + length * width) / 8) * 8;
  }
  const table = (id: number) => found.get(id) ?? [];
  return {
    accept: table(1),
    logged: table(7),
    base: table(2),
    check: table(3),
    fallback: table(4),
    classes: found.get(5),
    next: table(8),
  };
}

function run(tables: Tables, start: number, text: Iterable<number>): number {
  const { base, next, check, fallback, classes } = tables;
  let state = start;
  for (const byte of text) {
    const input = classes ? (classes[byte] as number) : byte;
    for (;;) {
      const entry = base[state] as number;
      const at = (entry & 0xffffff) + input;
      if (check[at] === state) {
        state = next[at] as number;
        break;
      }
      state = fallback[state] as number;
      // Otherwise the state is encoded as its difference from another.
      if (entry < 0x80000000) break;
    }
  }
  return state;
}
