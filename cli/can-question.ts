import { posix } from 'node:path';
import {
  type ClassQuestion,
  capabilities,
  type Decision,
  type FilePermission,
  type Limit,
  lookUp,
  type ProfileModel,
  readLimit,
} from '../policy/index.ts';
import { CliError, exit, type Values } from './framework/command.ts';
import { nearest } from './framework/nearest.ts';
import { visibleLine } from './terminal/io.ts';

const permissions: Readonly<Record<string, FilePermission>> = {
  read: 'r',
  write: 'w',
  append: 'a',
  link: 'l',
  lock: 'k',
  map: 'm',
  exec: 'x',
};

/** The arguments of each operation other than those on files; `?` marks an optional one. */
const words: Readonly<Record<string, readonly string[]>> = {
  capability: ['NAME'],
  network: ['FAMILY', 'TYPE'],
  unix: ['PERMISSION', 'TYPE'],
  signal: ['send|receive', 'SIGNAL'],
  ptrace: ['PERMISSION'],
  dbus: ['PERMISSION', 'BUS', 'PATH|NAME?', 'INTERFACE?', 'MEMBER?'],
  mount: ['SOURCE', 'TARGET'],
  remount: ['TARGET'],
  umount: ['TARGET'],
  pivot_root: ['NEW', 'OLD'],
  change_profile: ['NAME'],
  change_hat: ['NAME'],
  rlimit: ['NAME', 'VALUE'],
  mqueue: ['PERMISSION', 'NAME'],
  io_uring: ['PERMISSION'],
  userns: [],
};

export const operations: readonly string[] = [...Object.keys(permissions), ...Object.keys(words)];

/** Further parameters of some operations. */
export const questionOptions = {
  peer: {
    type: 'string',
    value: 'LABEL',
    description:
      'The profile of the other process, such as unconfined; for io_uring and mqueue, the object’s label',
  },
  address: {
    type: 'string',
    value: 'ADDRESS',
    description: 'The address of a unix socket, @name or none (default none)',
  },
  'peer-address': {
    type: 'string',
    value: 'ADDRESS',
    description: 'The address of the socket at the other end (default none)',
  },
  name: {
    type: 'string',
    value: 'NAME',
    description: 'The bus name of the other end of a message',
  },
  type: { type: 'string', value: 'TYPE', description: 'The type of a file system' },
  options: {
    type: 'string',
    value: 'OPTIONS',
    description: 'The options of a mount, with commas between them, such as ro,bind',
  },
} as const;

type QuestionValues = Values<typeof questionOptions>;

export type Question =
  | { kind: 'file'; permission: FilePermission; path: string; target?: string | undefined }
  | { kind: 'capability'; name: string }
  | { kind: 'rlimit'; name: string; value: Limit }
  | { kind: 'hat'; name: string }
  | { kind: 'class'; about(own: string): ClassQuestion };

/** Parses an operation and its arguments. Throws {@link CliError} if they are wrong. */
export function readQuestion(
  operation: string,
  given: readonly string[],
  values: QuestionValues,
): Question {
  if (!operations.includes(operation)) {
    const near = nearest([...operations], [operation]);
    throw new CliError(
      exit.usage,
      `"${visibleLine(operation)}" is not an operation.${near ? ` Did you mean "${near}"?` : ''}`,
      `The operations are ${operations.join(', ')}.`,
    );
  }
  const permission = Object.hasOwn(permissions, operation) ? permissions[operation] : undefined;
  if (permission) return fileQuestion(operation, permission, given);
  requireWords(operation, given);
  const [first = '', second = ''] = given;
  if (operation === 'capability') {
    if (!capabilities.includes(first)) {
      const near = nearest([...capabilities], [first.toLowerCase().replace(/^cap_/, '')]);
      throw new CliError(
        exit.usage,
        `Unknown capability "${visibleLine(first)}".${near ? ` Did you mean "${near}"?` : ''}`,
        'Use the names of capabilities(7), in lower case without CAP_.',
      );
    }
    return { kind: 'capability', name: first };
  }
  if (operation === 'change_hat') return { kind: 'hat', name: first.replace(/^\^/, '') };
  if (operation === 'rlimit') {
    const limit = readLimit(first, second);
    if (limit) return { kind: 'rlimit', ...limit };
    throw new CliError(
      exit.usage,
      `"${visibleLine(`${first} ${second}`)}" is not a limit.`,
      'Name it with a value as rules have them, such as "nofile 4096", "data 100M" or "cpu infinity".',
    );
  }
  const about = classQuestion(operation, given, values);
  const found = lookUp(about(''));
  if ('unknown' in found) {
    throw new CliError(
      exit.usage,
      `"${visibleLine(found.unknown)}" is not a word of ${operation} rules.`,
      `Run "aa-registry can FILE ${[operation, ...(words[operation] ?? [])].join(' ')}" with the words of apparmor.d(5).`,
    );
  }
  if (operation === 'umount' || operation === 'remount') requirePath(first);
  if (operation === 'mount') requirePath(second);
  return { kind: 'class', about };
}

/** The decision about a class other than files and capabilities. */
export function askClass(
  profile: ProfileModel,
  question: Extract<Question, { kind: 'class' }>,
): Decision {
  const found = lookUp(question.about(profile.name));
  if ('unknown' in found) throw new Error(found.unknown);
  return profile.ask(found.table, found.permission, found.string);
}

/** The question in the output of `--format json`. */
export function questionData(question: Question): Record<string, unknown> {
  if (question.kind === 'capability') return { capability: question.name };
  if (question.kind === 'class') return { question: question.about('') };
  if (question.kind === 'hat') return { hat: question.name };
  if (question.kind === 'rlimit') return { limit: question.name, value: String(question.value) };
  const { path, target } = question;
  return { path, ...(target !== undefined && { target }) };
}

function fileQuestion(
  operation: string,
  permission: FilePermission,
  given: readonly string[],
): Question {
  const [path, target, more] = given;
  if (path === undefined) {
    throw new CliError(
      exit.usage,
      `${operation} requires a path.`,
      `Run "aa-registry can FILE ${operation} PATH".`,
    );
  }
  if (more !== undefined || (target !== undefined && operation !== 'link'))
    throw new CliError(exit.usage, 'Only link takes a target.', 'Name one path at a time.');
  if (operation === 'link' && target === undefined) {
    throw new CliError(
      exit.usage,
      'link requires a target.',
      'Run "aa-registry can FILE link PATH TARGET".',
    );
  }
  requirePath(path);
  if (target !== undefined) requirePath(target);
  return { kind: 'file', permission, path, target };
}

function requirePath(path: string): void {
  if (path.startsWith('/') && posix.normalize(path) === path) return;
  throw new CliError(
    exit.usage,
    `"${visibleLine(path)}" is not a path as the kernel sees it.`,
    'Name an absolute path without "..", "." and repeated slashes.',
  );
}

function requireWords(operation: string, given: readonly string[]): void {
  const wanted = words[operation] ?? [];
  const needed = wanted.filter((one) => !one.endsWith('?')).length;
  if (given.length >= needed && given.length <= wanted.length) return;
  const usage = [
    operation,
    ...wanted.map((one) => (one.endsWith('?') ? `[${one.slice(0, -1)}]` : one)),
  ];
  throw new CliError(
    exit.usage,
    given.length < needed
      ? `${operation} requires more arguments.`
      : `${operation} takes fewer arguments.`,
    `Run "aa-registry can FILE ${usage.join(' ')}".`,
  );
}

function classQuestion(
  operation: string,
  given: readonly string[],
  values: QuestionValues,
): (own: string) => ClassQuestion {
  const [first = '', second = ''] = given;
  const peer = () => {
    if (values.peer !== undefined) return values.peer;
    throw new CliError(
      exit.usage,
      `${operation} ${visibleLine(first)} requires the profile of the other process.`,
      'Name it with --peer, such as --peer unconfined.',
    );
  };
  const options = values.options?.split(',').filter((one) => one !== '') ?? [];
  switch (operation) {
    case 'network':
      return () => ({ class: 'network', family: first, type: second });
    case 'unix': {
      const hasPeer = ['send', 'receive', 'connect'].includes(first);
      const other = hasPeer
        ? { address: addressOf(values['peer-address']), label: peer() }
        : undefined;
      const address = addressOf(values.address);
      return (own) => {
        const ends = { address, own, peer: other };
        return { class: 'unix', permission: first, type: second, ...ends };
      };
    }
    case 'signal': {
      const label = peer();
      return () => ({ class: 'signal', permission: first, signal: second, peer: label });
    }
    case 'ptrace': {
      const label = peer();
      return () => ({ class: 'ptrace', permission: first, peer: label });
    }
    case 'dbus': {
      const [, bus = '', third = '', called = '', member = ''] = given;
      const fields =
        first === 'eavesdrop'
          ? [bus]
          : first === 'bind'
            ? [bus, third]
            : [bus, values.name ?? '', peer(), third, called, member];
      return () => ({ class: 'dbus', permission: first, fields });
    }
    case 'mount': {
      const type = values.type ?? '';
      return () => ({ class: 'mount', source: first, target: second, type, options });
    }
    case 'remount': {
      const flags = ['remount', ...options];
      return () => ({ class: 'mount', source: '', target: first, type: '', options: flags });
    }
    case 'umount':
      return () => ({ class: 'umount', target: first });
    case 'pivot_root':
      return () => ({ class: 'pivot_root', newRoot: first, oldRoot: second });
    case 'change_profile':
      return () => ({ class: 'change_profile', target: first });
    case 'mqueue':
      return () => ({ class: 'mqueue', permission: first, name: second, label: values.peer ?? '' });
    case 'io_uring':
      return () => ({ class: 'io_uring', permission: first, label: values.peer ?? '' });
    default:
      return () => ({ class: 'userns' });
  }
}

function addressOf(text = 'none'): string {
  if (text === 'none' || text.startsWith('@')) return text;
  throw new CliError(
    exit.usage,
    `"${visibleLine(text)}" is not the address of an abstract socket.`,
    'Name @NAME or none. A socket with a path is a file: use read and write.',
  );
}
