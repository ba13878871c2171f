// The head of a profile or hat, before its `{` (apparmor.d(5), "Profile Head", "Flags").

import { canonicalSignal, isSignal, signals } from '../rules/signal.ts';
import { writtenStart } from './escapes.ts';
import { nearest } from './names.ts';
import type { Condition, Word } from './nodes.ts';
import type { Report } from './report.ts';
import type { Range } from './source.ts';

const modes: readonly string[] = [
  'enforce',
  'complain',
  'kill',
  'unconfined',
  'prompt',
  'default_allow',
];
const exclusive: readonly (readonly [string, string])[] = [
  ['mediate_deleted', 'delegate_deleted'],
  ['attach_disconnected', 'no_attach_disconnected'],
  ['attach_disconnected.path', 'no_attach_disconnected'],
  ['attach_disconnected.ipc', 'no_attach_disconnected'],
  ['chroot_attach', 'chroot_no_attach'],
  ['namespace_relative', 'chroot_relative'],
];
/** Flags without a value. */
export const plainFlags: readonly string[] = [
  ...modes,
  'audit',
  'debug',
  'interruptible',
  'mediate_deleted',
  'delegate_deleted',
  'attach_disconnected',
  'no_attach_disconnected',
  'chroot_attach',
  'chroot_no_attach',
  'chroot_relative',
  'namespace_relative',
  'attach_disconnected.ipc',
];
/** Flags with a value after `=`. */
export const valuedFlags: readonly string[] = [
  'kill.signal',
  'error',
  'attach_disconnected.path',
  'attach_disconnected.ipc',
];

/** Error names errno(3) gives; a profile's `error=` is one of them. */
const errors = new Set(
  (
    'E2BIG EACCES EADDRINUSE EADDRNOTAVAIL EADV EAFNOSUPPORT EAGAIN EALREADY EBADE EBADF EBADFD EBADMSG EBADR EBADRQC ' +
    'EBADSLT EBFONT EBUSY ECANCELED ECHILD ECHRNG ECOMM ECONNABORTED ECONNREFUSED ECONNRESET EDEADLK EDEADLOCK ' +
    'EDESTADDRREQ EDOM EDOTDOT EDQUOT EEXIST EFAULT EFBIG EHOSTDOWN EHOSTUNREACH EHWPOISON EIDRM EILSEQ EINPROGRESS ' +
    'EINTR EINVAL EIO EISCONN EISDIR EISNAM EKEYEXPIRED EKEYREJECTED EKEYREVOKED EL2HLT EL2NSYNC EL3HLT EL3RST ELIBACC ' +
    'ELIBBAD ELIBEXEC ELIBMAX ELIBSCN ELNRNG ELOOP EMEDIUMTYPE EMFILE EMLINK EMSGSIZE EMULTIHOP ENAMETOOLONG ENAVAIL ' +
    'ENETDOWN ENETRESET ENETUNREACH ENFILE ENOANO ENOBUFS ENOCSI ENODATA ENODEV ENOENT ENOEXEC ENOKEY ENOLCK ENOLINK ' +
    'ENOMEDIUM ENOMEM ENOMSG ENONET ENOPKG ENOPROTOOPT ENOSPC ENOSR ENOSTR ENOSYS ENOTBLK ENOTCONN ENOTDIR ENOTEMPTY ' +
    'ENOTNAM ENOTRECOVERABLE ENOTSOCK ENOTTY ENOTUNIQ ENXIO EOPNOTSUPP EOVERFLOW EOWNERDEAD EPERM EPFNOSUPPORT EPIPE ' +
    'EPROTO EPROTONOSUPPORT EPROTOTYPE ERANGE EREMCHG EREMOTE EREMOTEIO ERESTART ERFKILL EROFS ESHUTDOWN ' +
    'ESOCKTNOSUPPORT ESPIPE ESRCH ESRMNT ESTALE ESTRPIPE ETIME ETIMEDOUT ETOOMANYREFS ETXTBSY EUCLEAN EUNATCH EUSERS ' +
    'EWOULDBLOCK EXDEV EXFULL'
  ).split(' '),
);

/** `name=value` of a flag; `value` is undefined without a `=`. */
export function splitFlag(text: string): { name: string; value?: string } {
  const at = text.indexOf('=');
  return at < 0 ? { name: text } : { name: text.slice(0, at), value: text.slice(at + 1) };
}

/** Reports unknown and contradicting flags. */
export function checkFlags(flags: readonly Word[], range: Range, report: Report): void {
  if (flags.length === 0) {
    report('profile-flags', range, 'The list of flags is empty.', {
      expected: 'at least one flag, or no list',
    });
  }
  const given = new Map<string, string | undefined>();
  for (const flag of flags) {
    const { name, value } = splitFlag(flag.value);
    if (value === undefined ? plainFlags.includes(name) : valuedFlags.includes(name)) {
      for (const [a, b] of exclusive) {
        const other = name === a ? b : name === b ? a : undefined;
        if (other && given.has(other)) {
          report('profile-flags', flag, `The flags ${other} and ${name} contradict each other.`, {
            expected: 'one of them',
          });
        }
      }
      const mode =
        modes.includes(name) &&
        [...given.keys()].find((key) => modes.includes(key) && key !== name);
      if (mode) {
        report('profile-flags', flag, `A profile has one mode, and it already is ${mode}.`, {
          expected: `${mode} or ${name}`,
        });
      }
      const before = given.get(name);
      if (value !== undefined && before !== undefined && !isSameValue(name, before, value)) {
        report('profile-flags', flag, `The flag ${name} already has the value "${before}".`, {
          expected: `one value of ${name}`,
        });
      }
      if (value !== undefined || !given.has(name)) given.set(name, value);
      if (value !== undefined) checkFlagValue(flag, name, value, report);
    } else {
      const suggestion = nearest(name, [...plainFlags, ...valuedFlags]);
      report('profile-flags', flag, `Unknown profile flag "${flag.value}".`, {
        expected: 'flags such as complain, attach_disconnected or mediate_deleted',
        ...(suggestion && suggestion !== name && { suggestion }),
      });
    }
  }
}

/** Whether two values of a flag are one to apparmor_parser: it compares signals and errors by number. */
function isSameValue(flag: string, a: string, b: string): boolean {
  if (flag === 'kill.signal') return canonicalSignal(a) === canonicalSignal(b);
  if (flag === 'error') return errorNumber(a) === errorNumber(b);
  return a === b;
}

/** Errors of Linux that have two names. */
const sameError: Readonly<Record<string, string>> = {
  EWOULDBLOCK: 'EAGAIN',
  EDEADLOCK: 'EDEADLK',
};

/** The same text for names of the same error, in whatever case. */
function errorNumber(name: string): string {
  const upper = name.toUpperCase();
  return sameError[upper] ?? upper;
}

function checkFlagValue(flag: Word, name: string, value: string, report: Report): void {
  if (name === 'kill.signal' && !isSignal(value)) {
    const suggestion = nearest(value, signals);
    report('profile-flags', flag, `Unknown signal "${value}".`, {
      expected: 'a signal in lower case, such as kill.signal=term',
      ...(suggestion && { suggestion: `kill.signal=${suggestion}` }),
    });
  }
  if (name === 'error' && !errors.has(value.toUpperCase())) {
    const suggestion = nearest(value.toUpperCase(), errors);
    report('profile-flags', flag, `Unknown error "${value}".`, {
      expected: 'a name of errno(3), such as error=EPERM',
      ...(suggestion && { suggestion: `error=${suggestion}` }),
    });
  }
  if (
    name.startsWith('attach_disconnected.') &&
    !value.startsWith('/') &&
    !value.startsWith('@{')
  ) {
    report('profile-flags', flag, `"${value}" is not an absolute path.`, {
      expected: 'a path that starts with /',
    });
  }
}

/** Namespace and name of a profile: `:ns:name`, `:ns://name` or `name`. */
export function splitName(text: string): { namespace?: string; name: string } | undefined {
  if (!text.startsWith(':')) return { name: text };
  const close = text.indexOf(':', 1);
  if (close <= 1 || close === text.length - 1) return undefined;
  const name = text.startsWith('//', close + 1) ? text.slice(close + 3) : text.slice(close + 1);
  return name === '' ? undefined : { namespace: text.slice(1, close), name };
}

/** Reports names a profile cannot have. `keyword`: `profile` or `hat` stood before it. */
export function checkName(name: Word, keyword: boolean, report: Report): void {
  if (name.value === '') {
    report('profile-name', name, 'The name of the profile is empty.', { expected: 'a name' });
    return;
  }
  const parts = splitName(name.value);
  // A & stacks profiles in the target of a transition, and starts no name.
  if (!parts || name.value.startsWith('&')) {
    report('profile-name', name, `"${name.value}" does not name a namespace and a profile.`, {
      expected: ':namespace:profile',
    });
    return;
  }
  if (!keyword && !/^[/:]/.test(writtenStart(name))) {
    report(
      'profile-name',
      name,
      'A profile whose name does not start with / needs the keyword "profile".',
      {
        expected: `profile ${name.text}`,
        suggestion: `profile ${name.text}`,
        fix: { start: name.start, end: name.start, text: 'profile ' },
      },
    );
  }
  const caret = caretOutsideClass(parts.name);
  if (caret > 0) {
    report(
      'profile-name',
      name,
      `"${name.value}" is the old way to name a hat, which no longer makes one.`,
      {
        expected: `^${parts.name.slice(caret + 1)} { … } inside the profile ${parts.name.slice(0, caret)}`,
        parsers: 'accept',
      },
    );
  }
}

/** The position of a `^` that is neither first nor inside [ ], else -1. */
function caretOutsideClass(text: string): number {
  let inClass = false;
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (c === '\\') i++;
    else if (c === '[') inClass = true;
    else if (c === ']') inClass = false;
    else if (c === '^' && !inClass && i > 0) return i;
  }
  return -1;
}

/** Reports identities (`+ identities=( … )`) that are not plain names. */
export function checkIdentities(one: Condition, report: Report): void {
  if (one.name.value !== 'identities') {
    report('condition-unknown', one.name, `A profile has no "${one.name.value}" to add.`, {
      expected: 'identities=( … )',
    });
  }
  if (one.values.length === 0) {
    report('condition-value', one, 'The list of identities is empty.', {
      expected: 'at least one name',
    });
  }
  for (const value of one.values) {
    // A path may have blanks in it, a name may not.
    if (value.value === '' || /\\|^[^/].* /s.test(value.value)) {
      report('condition-value', value, `"${value.value}" is not an identity.`, {
        expected: 'a path, or a name without blanks, and no backslashes',
      });
    }
  }
}

/** Reports the target of a transition that names a namespace wrongly: it compiles, and no profile has that name. */
export function checkTarget(target: Word, report: Report): void {
  if (target.value.startsWith(':') && !splitName(target.value)) {
    report('profile-name', target, `"${target.value}" does not name a namespace and a profile.`, {
      expected: ':namespace:profile',
      severity: 'warning',
    });
  }
}

/** The name the kernel shows: escapes removed, namespace in colons, children after `//`. */
export function kernelName(profile: { name: Word }, parent?: string): string {
  const parts = splitName(profile.name.value) ?? { name: profile.name.value };
  const name = parts.name.replace(/\\(.)/g, '$1');
  if (parent !== undefined) return `${parent}//${name}`;
  return parts.namespace ? `:${parts.namespace}:${name}` : name;
}
