import {
  type ClassQuestion,
  capabilities,
  type FilePermission,
  lookUp,
} from '../../policy/index.ts';

/** An operation as the form has it. */
export interface Asked {
  operation: string;
  /** A path, the name of a capability, or a family and a type of sockets. */
  value: string;
  /** Whether the process owns the file. */
  owner: boolean;
}

export type Question =
  | { kind: 'file'; permission: FilePermission; path: string; owner: boolean }
  | { kind: 'capability'; name: string }
  | { kind: 'class'; about: ClassQuestion };

const permissions: Readonly<Record<string, FilePermission>> = {
  read: 'r',
  write: 'w',
  append: 'a',
  lock: 'k',
  map: 'm',
  exec: 'x',
};

/** Reads a question; or says what is wrong with it, as a sentence. */
export function readQuestion({ operation, value, owner }: Asked): Question | { fault: string } {
  const text = value.trim();
  if (operation === 'capability') {
    const name = text.toLowerCase().replace(/^cap_/, '');
    return capabilities.includes(name)
      ? { kind: 'capability', name }
      : { fault: 'This is not a capability of capabilities(7), such as sys_admin.' };
  }
  if (operation === 'network') {
    const [family = '', type = '', more] = text.split(/\s+/);
    const about = { class: 'network', family, type } as const;
    return type === '' || more !== undefined || 'unknown' in lookUp(about)
      ? { fault: 'Name a family and a type of sockets as in apparmor.d(5), such as inet stream.' }
      : { kind: 'class', about };
  }
  const permission = Object.hasOwn(permissions, operation) ? permissions[operation] : undefined;
  if (permission === undefined) return { fault: 'This is not an operation.' };
  return isKernelPath(text)
    ? { kind: 'file', permission, path: text, owner }
    : { fault: 'Name an absolute path without "..", "." and repeated slashes.' };
}

/** Whether a path is absolute and normal, as the kernel looks it up; those of folders end with a slash. */
function isKernelPath(path: string): boolean {
  const [root, ...parts] = path.split('/');
  if (parts.at(-1) === '') parts.pop();
  return root === '' && path !== '' && parts.every((part) => !['', '.', '..'].includes(part));
}
