// Everything this room can report, with its explanation. The ids are part of the public interface.
import { LineTable, type Position, type Range, type Span } from './syntax/source.ts';
import { replaceHidden, visibleLine } from './visible.ts';

export type Severity = 'error' | 'warning' | 'info';

/** Something to report, in offsets of one text. */
export interface Problem extends Range {
  id: DiagnosticId;
  message: string;
  expected?: string;
  suggestion?: string;
  fix?: { start: number; end: number; text: string };
  /** What every apparmor_parser up to now does with it, where AppArmor's own tests say otherwise. */
  parsers?: 'accept' | 'refuse';
}

/** What an id means. `aa-registry explain ID` and docs/diagnostics/ID.md are made from this. */
export interface Explanation {
  title: string;
  severity: Severity;
  /** Why it is reported and what to do. */
  text: string;
  /** A policy that shows it. */
  example?: string;
  /** The same policy put right. */
  corrected?: string;
}

const error = (title: string, text: string, example?: string, corrected?: string): Explanation => ({
  title,
  severity: 'error',
  text,
  ...(example && { example }),
  ...(corrected && { corrected }),
});

/** The diagnostics of the language itself; lint rules bring their own. */
export const languageDiagnostics = {
  'nul-byte': error(
    'NUL byte',
    'apparmor_parser reads C strings: a NUL byte ends the text it sees, so what follows would silently not be part of the policy.',
  ),
  'control-character': {
    title: 'Control character',
    severity: 'warning',
    text: 'A control character is invisible in an editor and is probably not meant. Inside quotes it is part of the path.',
  },
  'malformed-unicode': error(
    'Malformed Unicode',
    'Half of a surrogate pair cannot be written as UTF-8, so the file that is checked could not be the file that is installed.',
  ),
  syntax: error(
    'Syntax error',
    'The text does not follow the grammar of apparmor.d(5) at this place. The message says what could stand there.',
    'profile demo {\n  /etc/hosts,\n}\n',
    'profile demo {\n  /etc/hosts r,\n}\n',
  ),
  'missing-comma': error(
    'Missing comma',
    'Every rule except a block ends with a comma.',
    'profile demo {\n  /etc/hosts r\n}\n',
    'profile demo {\n  /etc/hosts r,\n}\n',
  ),
  'stray-comma': error(
    'Stray comma',
    'A comma ends a rule. It does not separate the values of a variable, and two of them end nothing.',
    '@{DIRS} = /srv, /opt\n',
    '@{DIRS} = /srv /opt\n',
  ),
  'unclosed-quote': error(
    'Quote not closed',
    'A quoted word ends with the next quote.',
    'profile demo {\n  "/srv/my file r,\n}\n',
    'profile demo {\n  "/srv/my file" r,\n}\n',
  ),
  'unclosed-block': error(
    'Block not closed',
    'Every { of a profile, hat, block or condition needs its }.',
    'profile demo {\n  /etc/hosts r,\n',
    'profile demo {\n  /etc/hosts r,\n}\n',
  ),
  'unmatched-brace': error(
    'Brace closes nothing',
    'There is one } more than there are blocks open.',
    'profile demo {\n}\n}\n',
    'profile demo {\n}\n',
  ),
  'unknown-rule': error(
    'Unknown rule',
    'No rule of apparmor.d(5) starts with this word.',
    'profile demo {\n  capabilty chown,\n}\n',
    'profile demo {\n  capability chown,\n}\n',
  ),
  'access-name': error(
    'Unknown access',
    'Each kind of rule has its own access names.',
    'profile demo {\n  signal (sent) peer=demo,\n}\n',
    'profile demo {\n  signal (send) peer=demo,\n}\n',
  ),
  'condition-unknown': error(
    'Unknown condition',
    'This kind of rule cannot be limited by that.',
    'profile demo {\n  signal send pear=demo,\n}\n',
    'profile demo {\n  signal send peer=demo,\n}\n',
  ),
  'condition-duplicate': error(
    'Condition given twice',
    'A condition that takes one value stands once in a rule.',
    'profile demo {\n  ptrace peer=a peer=b,\n}\n',
    'profile demo {\n  ptrace peer={a,b},\n}\n',
  ),
  'condition-value': error(
    'Wrong value of a condition',
    'The value is not one this condition can have.',
    'profile demo {\n  network inet port=70000,\n}\n',
    'profile demo {\n  network inet port=7000,\n}\n',
  ),
  'condition-conflict': error(
    'Conditions that exclude each other',
    'A rule is about one thing. These parts cannot be true of the same access.',
    'profile demo {\n  dbus bind path=/org/demo,\n}\n',
    'profile demo {\n  dbus bind name=org.demo,\n}\n',
  ),
  'condition-order': error(
    'Condition after peer=( )',
    'The conditions of the other end stand last in a rule.',
    'profile demo {\n  unix peer=(label=demo) type=stream,\n}\n',
    'profile demo {\n  unix type=stream peer=(label=demo),\n}\n',
  ),
  'comment-in-rule': error(
    'Comment inside a rule',
    'Except in file and capability rules, apparmor_parser reads a # inside a rule as the start of a word, and refuses the file or, worse, understands another rule. A comment stands before the rule or after its comma.',
    'profile demo {\n  dbus send # to everybody\n       bus=session,\n}\n',
    'profile demo {\n  # to everybody\n  dbus send bus=session,\n}\n',
  ),
  'final-newline': error(
    'Comment at the end without a newline',
    'apparmor_parser takes a # for a comment, or for #include, only where a newline ends the line. Where the last line of a file, or of a file that is included, has a # and no newline, it refuses the file. `aa-registry fmt` adds the newline.',
    'profile demo {\n}\n# the end',
    'profile demo {\n}\n# the end\n',
  ),
  'carriage-return': error(
    'Carriage return inside a rule',
    'apparmor_parser reads CR LF as the end of a line, but in rules of dbus, signal, ptrace, unix and mount, in lists in brackets and right after a variable it takes the CR for the last character of the word before, so it refuses the file or understands another rule. A CR without LF it refuses everywhere but in comments and quotes. `aa-registry fmt` writes LF.',
    'profile demo {\r\n  signal send set=(term\r\n    kill),\r\n}\r\n',
    'profile demo {\n  signal send set=(term\n    kill),\n}\n',
  ),
  'joined-arrow': {
    title: 'Arrow that is a part of a path',
    severity: 'warning',
    text: 'In a mount rule "->" is a word of its own. Without a blank after it, it is the beginning of a path: the rule is about a source or a mount point that no system has.',
    example: 'profile demo {\n  mount options=(rw) ->/srv/,\n}\n',
    corrected: 'profile demo {\n  mount options=(rw) -> /srv/,\n}\n',
  },
  'capability-name': error(
    'Unknown capability',
    'Capabilities are written in lower case and without CAP_; capabilities(7) lists them.',
    'profile demo {\n  capability net_bind_servce,\n}\n',
    'profile demo {\n  capability net_bind_service,\n}\n',
  ),
  'network-rule': error(
    'Impossible network rule',
    'A network rule names a family, a socket type or a protocol, or a family and one of the other two.',
    'profile demo {\n  network inet foo,\n}\n',
    'profile demo {\n  network inet stream,\n}\n',
  ),
  'mount-options': error(
    'Wrong mount options',
    'The option does not exist, or the options contradict each other. `options=(…)` asks for exactly these, `options in (…)` for any of them.',
    'profile demo {\n  mount options=(ro, rw) /dev/sda1 -> /mnt/,\n}\n',
    'profile demo {\n  mount options in (ro, rw) /dev/sda1 -> /mnt/,\n}\n',
  ),
  'mount-rule': error(
    'Impossible mount rule',
    'Changing how a mount propagates, or remounting, has no source; umount and remount take a mount point only.',
    'profile demo {\n  mount options=(private) /a -> /b,\n}\n',
    'profile demo {\n  mount options=(private) -> /b,\n}\n',
  ),
  'signal-name': error(
    'Unknown signal',
    'Signals are written in lower case and without SIG.',
    'profile demo {\n  signal send set=(SIGTERM),\n}\n',
    'profile demo {\n  signal send set=(term),\n}\n',
  ),
  'mqueue-name': error(
    'Wrong name of a message queue',
    'A POSIX queue has a name that starts with /, a System V queue has a number.',
    'profile demo {\n  mqueue jobs,\n}\n',
    'profile demo {\n  mqueue /jobs,\n}\n',
  ),
  rlimit: error(
    'Wrong resource limit',
    'Each limit has its own unit, see setrlimit(2) and apparmor.d(5).',
    'profile demo {\n  set rlimit nofile <= 10K,\n}\n',
    'profile demo {\n  set rlimit nofile <= 10240,\n}\n',
  ),
  'change-profile': error(
    'Incomplete change_profile rule',
    'safe and unsafe say how the program of an exec condition is started, so they need one.',
    'profile demo {\n  change_profile unsafe -> other,\n}\n',
    'profile demo {\n  change_profile unsafe /bin/sh -> other,\n}\n',
  ),
  'bare-word-path': {
    title: 'Path without a slash',
    severity: 'warning',
    text: 'apparmor_parser takes a bare word for the path of a rule, and no file has such a path, so the rule does nothing. Tools that trace a program write it for a file of which the kernel says "(deleted)". A mistyped keyword before letters that are access modes is read like this too.',
    example: 'profile demo {\n  deleted r,\n}\n',
    corrected: 'profile demo {\n  /tmp/demo r,\n}\n',
  },
  'file-permissions': error(
    'Wrong access modes',
    'Access modes are letters of r w a l k m and one exec transition; w and a exclude each other.',
    'profile demo {\n  /var/log/demo wa,\n}\n',
    'profile demo {\n  /var/log/demo a,\n}\n',
  ),
  'exec-mode': error(
    'Wrong exec transition',
    'A rule that lets a program run says which profile it gets: ix, px, cx, ux and their variants. A deny rule takes a bare x.',
    'profile demo {\n  /bin/sh x,\n}\n',
    'profile demo {\n  /bin/sh ix,\n}\n',
  ),
  'deny-file': {
    title: 'deny file is refused by every apparmor_parser so far',
    severity: 'warning',
    text: 'A bare `file,` lets programs run by inheriting the profile, and a deny rule may not say how, so no release up to now compiles `deny file,` (AppArmor bug 1215637), although its own tests call it valid. A pattern says the same.',
    example: 'profile demo {\n  deny file,\n}\n',
    corrected: 'profile demo {\n  deny /** rwlkmx,\n}\n',
  },
  'network-before-if': {
    title: 'Network rule before an if',
    severity: 'warning',
    text: 'The apparmor_parser of AppArmor 3.1 and older dies when a network rule stands before an `if` in the same list and the block that is taken has no network rule, so a host with it loads nothing. Rules of included files count where the include stands. AppArmor 4.0 and later read it, and the profile needs them. Network rules after the last `if` avoid it.',
    example:
      '$DEBUG = true\nprofile demo {\n  network inet,\n  if $DEBUG {\n    /tmp/demo w,\n  }\n}\n',
    corrected:
      '$DEBUG = true\nprofile demo {\n  if $DEBUG {\n    /tmp/demo w,\n  }\n  network inet,\n}\n',
  },
  'refused-so-far': {
    title: 'Refused by every apparmor_parser so far',
    severity: 'warning',
    text: 'AppArmor’s own tests call this valid, and no release of apparmor_parser up to now reads it, so no host loads the file. With a target release it is an error.',
    example: 'profile demo {\n  mount fstype=nfs4 server:\\=data -> /srv/data/,\n}\n',
    corrected: 'profile demo {\n  mount fstype=nfs4 "server:=data" -> /srv/data/,\n}\n',
  },
  'exec-conflict': error(
    'Conflicting exec transitions',
    'Two rules match the same file and say differently which profile it gets when it runs. A rule without wildcards wins over patterns, since AppArmor 4.0 also one with no wildcards but classes such as [0-9]; between two patterns, or two such paths, nothing decides.',
    'profile demo {\n  /usr/bin/a* px,\n  /usr/bin/*b ix,\n}\n',
    'profile demo {\n  /usr/bin/a* px,\n  /usr/bin/[^a]*b ix,\n}\n',
  ),
  'exec-conflict-older': {
    title: 'Exec transitions that conflict in older releases',
    severity: 'info',
    text: 'AppArmor 4.0 and later take a path whose only wildcards are classes such as [0-9] (not [^0-9], * or ?) for exact, so that it wins over patterns. Up to 3.1 it is a pattern like any other, and two patterns that match the same file with different transitions are refused. The profile needs AppArmor 4.0.',
    example: 'profile demo {\n  /usr/bin/* Px,\n  /usr/bin/perl[0-9] ix,\n}\n',
  },
  'change-profile-conflict': error(
    'Conflicting change_profile rules',
    'Two change_profile rules for the same program differ in safe and unsafe.',
    'profile demo {\n  change_profile safe /bin/a -> b,\n  change_profile unsafe /bin/a -> b,\n}\n',
  ),
  glob: error(
    'Broken pattern',
    'Braces need at least two alternatives, and every { [ needs its } ].',
    'profile demo {\n  /usr/bin/{a} r,\n}\n',
    'profile demo {\n  /usr/bin/{a,b} r,\n}\n',
  ),
  'qualifier-order': error(
    'Qualifiers in the wrong order',
    'Qualifiers stand in the order priority= audit allow|deny owner, each at most once.',
    'profile demo {\n  deny audit /etc/shadow r,\n}\n',
    'profile demo {\n  audit deny /etc/shadow r,\n}\n',
  ),
  'qualifier-not-allowed': error(
    'Qualifier that cannot stand here',
    'Not every rule can be limited to the owner, and a block takes neither deny nor priority.',
    'profile demo {\n  owner capability chown,\n}\n',
    'profile demo {\n  capability chown,\n}\n',
  ),
  'qualifier-value': error(
    'Wrong priority',
    'The priority of a rule is a number from -1000 to 1000.',
    'profile demo {\n  priority=high /etc/hosts r,\n}\n',
    'profile demo {\n  priority=1 /etc/hosts r,\n}\n',
  ),
  'profile-name': error(
    'Wrong name of a profile',
    'A name starts with /, or stands after the keyword profile or hat. A namespace stands between colons before it.',
    'demo {\n}\n',
    'profile demo {\n}\n',
  ),
  'profile-flags': error(
    'Wrong profile flags',
    'The flag does not exist, or two flags contradict each other.',
    'profile demo flags=(complain, enforce) {\n}\n',
    'profile demo flags=(complain) {\n}\n',
  ),
  'duplicate-profile': error(
    'Profile defined twice',
    'Two profiles or hats of the same name in one place: loading one would silently replace the other.',
    'profile demo {\n}\nprofile demo {\n}\n',
  ),
  'child-profile': error(
    'Child profile without its keyword',
    'Inside a profile, a child needs the keyword profile or hat before its name.',
    'profile demo {\n  /bin/sh {\n  }\n}\n',
    'profile demo {\n  profile /bin/sh {\n  }\n}\n',
  ),
  attachment: error(
    'Wrong attachment',
    'The attachment of a profile is the path of the programs it confines: it starts with / once variables are expanded.',
    'profile demo bin/demo {\n}\n',
    'profile demo /bin/demo {\n}\n',
  ),
  'rule-outside-profile': error(
    'Rule outside a profile',
    'Before a profile stand variables, aliases, abi and includes; rules stand inside it.',
    'capability chown,\nprofile demo {\n}\n',
    'profile demo {\n  capability chown,\n}\n',
  ),
  'preamble-position': error(
    'Preamble statement in the wrong place',
    'Variables, booleans and aliases stand at the head of the file, before the first profile.',
    'profile demo {\n}\n@{DIR} = /srv\n',
    '@{DIR} = /srv\nprofile demo {\n}\n',
  ),
  'variable-name': error(
    'Wrong name of a variable',
    'The name of a variable is a letter, then letters, digits or underscores.',
    '@{2ND} = /srv\n',
    '@{SECOND} = /srv\n',
  ),
  'empty-variable': error(
    'Variable without a value',
    'An assignment gives at least one value; "" is an empty one.',
    '@{DIR} =\n',
    '@{DIR} = ""\n',
  ),
  'duplicate-variable': error(
    'Variable set twice',
    'A variable is set once with =, += adds values, := replaces them and ?= sets it only if it is not set yet.',
    '@{DIR} = /srv\n@{DIR} = /opt\n',
    '@{DIR} = /srv\n@{DIR} += /opt\n',
  ),
  'undefined-variable': error(
    'Variable that is not declared',
    'Neither this file nor what it includes sets this variable before it is needed. Most variables, those of the abstractions too, come from <tunables/global>: include it before the first profile.',
    'profile demo {\n  @{HOME}/x r,\n}\n',
    'include <tunables/global>\nprofile demo {\n  @{HOME}/x r,\n}\n',
  ),
  'cyclic-variable': error(
    'Variable that contains itself',
    'Expanding this variable would never end.',
    '@{A} = @{B}\n@{B} = @{A}\nprofile demo {\n  /@{A} r,\n}\n',
  ),
  'duplicate-boolean': error(
    'BooleanVariable set twice',
    'A boolean is set once.',
    '$X = true\n$X = false\n',
  ),
  'undefined-boolean': error(
    'BooleanVariable that is not declared',
    'A condition asks for a boolean nobody has set; `defined $X` asks whether it is.',
    'profile demo {\n  if $X {\n    /etc/hosts r,\n  }\n}\n',
    '$X = true\nprofile demo {\n  if $X {\n    /etc/hosts r,\n  }\n}\n',
  ),
  'comparison-type': error(
    'Number compared with text',
    'The order of a number and a text is not defined.',
    'profile demo {\n  if 10 < /srv {\n    /etc/hosts r,\n  }\n}\n',
  ),
  'missing-include': error(
    'Included file not found',
    'No include directory holds the file. `include if exists` does without it.',
    'profile demo {\n  include <abstractions/bse>\n}\n',
    'profile demo {\n  include <abstractions/base>\n}\n',
  ),
  'recursive-include': error(
    'Include that includes itself',
    'The file includes itself, directly or through others.',
  ),
  'missing-abi': error(
    'abi file not found',
    'No include directory holds the file that lists the kernel features.',
    'abi <abi/3.o>,\n',
    'abi <abi/3.0>,\n',
  ),
  limit: error(
    'Too much',
    'A limit of this checker was reached: nesting, includes, the number of profiles, the size of an expanded pattern, or the work of comparing patterns with each other. The limits are far above what real profiles use, and keep every check fast. What was not looked at may be wrong, so this is an error, and a registry does not take the profile.',
  ),
  'lint-ignore': {
    title: 'Suppression that does nothing',
    severity: 'warning',
    text: 'A lint rule is suppressed by a comment that names it and gives a reason, after the rule or on the line before: `# lint-ignore rule-id: reason`. Errors cannot be suppressed.',
  },
  'not-mediated': {
    title: 'Rule without effect under this abi',
    severity: 'warning',
    text: 'The abi file lists what the kernel is asked to mediate. A rule of a kind it does not list is accepted and then has no effect: nothing of that kind is mediated at all, so it is neither allowed nor refused by this profile.',
    example: 'abi <abi/3.0>,\nprofile demo {\n  userns create,\n}\n',
    corrected: 'abi <abi/4.0>,\nprofile demo {\n  userns create,\n}\n',
  },
  target: {
    title: 'Newer than the target release',
    severity: 'error',
    text: 'The AppArmor release that was asked for does not know this construct, or does not bring this file: its apparmor_parser refuses the whole profile.',
    example: 'profile demo {\n  userns,\n}\n',
  },
  'target-backport': {
    title: 'Known to the last point releases of the target only',
    severity: 'warning',
    text: 'A later release brought this construct, and the last point releases of the series that was asked for take it too, or read over it, as 2.13 does with abi. A host with an earlier one, as distributions often have, refuses the whole file.',
    example: 'profile demo {\n  mount options=(nosymfollow) /a -> /b/,\n}\n',
  },
  'unseen-include': {
    title: 'File of the target that is not here',
    severity: 'info',
    text: 'The release that was asked for brings this file, and the machine that checks has another release without it. So what the file holds is not known: what it declares is taken as declared, and its rules are not compared. `--base DIR` names a folder with the base policy of that release.',
  },
} as const satisfies Record<string, Explanation>;

export type LanguageDiagnosticId = keyof typeof languageDiagnostics;
/** Lint rules report under their own ids. */
export type DiagnosticId = LanguageDiagnosticId | (string & { readonly lint?: never });

/** One finding, in lines and columns. */
export interface Diagnostic {
  id: string;
  severity: Severity;
  message: string;
  span: Span;
  expected?: string;
  /** What was probably meant. */
  suggestion?: string;
  /** A change that puts it right and is safe to apply. */
  fix?: { span: Span; text: string };
  /** The included file it is in; absent: the file that was given. */
  file?: string;
}

/** The longest message, in characters: a finding quotes the policy, and a policy can be one long word. */
const longestMessage = 400;

function shorten(text: string): string {
  if (text.length <= longestMessage) return text;
  return `${text.slice(0, longestMessage).toWellFormed().trimEnd()}…`;
}

/** Turns what was found in one text into diagnostics, in the order of the text. Messages are shortened. */
export function toDiagnostics<One extends Problem>(
  problems: readonly One[],
  text: string,
  severityOf: (problem: One) => Severity,
  file?: string,
): Diagnostic[] {
  if (problems.length === 0) return [];
  const lines = new LineTable(text);
  return problems
    .map((problem, index) => ({ problem, index }))
    .sort((a, b) => a.problem.start - b.problem.start || a.index - b.index)
    .map(({ problem }) => ({
      id: problem.id,
      severity: severityOf(problem),
      message: shorten(problem.message),
      span: lines.span(problem),
      ...(problem.expected && { expected: shorten(problem.expected) }),
      ...(problem.suggestion && { suggestion: shorten(problem.suggestion) }),
      ...(problem.fix && { fix: { span: lines.span(problem.fix), text: problem.fix.text } }),
      ...(file !== undefined && { file }),
    }));
}

/** The severity of a language diagnostic. */
export function languageSeverity(id: string): Severity {
  return (languageDiagnostics as Record<string, Explanation>)[id]?.severity ?? 'error';
}

const colors = { error: '\x1b[31m', warning: '\x1b[33m', info: '\x1b[36m' } as const;

/**
 * A diagnostic for a terminal: `file:line:column`, the line with a caret, what was expected.
 * `source` is the text the diagnostic is about (of the included file, when `diagnostic.file` is set).
 */
export function render(
  diagnostic: Diagnostic,
  source: string,
  options: { file?: string; color?: boolean } = {},
): string {
  const { span, severity } = diagnostic;
  const paint = (code: string, text: string) => (options.color ? `${code}${text}\x1b[0m` : text);
  const where = `${visibleLine(diagnostic.file ?? options.file ?? '<policy>')}:${span.start.line}:${span.start.column}`;
  const out = [
    `${paint('\x1b[1m', where)}: ${paint(colors[severity], severity)}: ${clean(diagnostic.message)} [${diagnostic.id}]`,
  ];
  // What is shown is kept in a log of a CI job, which others may read.
  if (diagnostic.id === 'secret') return out.join('\n');
  const { before, after } = around(source, span.start);
  const shown = [...before, ...after];
  const marker = Math.max(
    1,
    Math.min(
      span.end.line === span.start.line ? span.end.column - span.start.column : after.length,
      after.length,
    ),
  );
  const number = String(span.start.line);
  const indent = before.map((c) => (c === '\t' ? '\t' : ' ')).join('');
  out.push(` ${number} | ${shown.map(clean).join('')}`);
  out.push(
    ` ${' '.repeat(number.length)} | ${indent}${paint(colors[severity], '^'.repeat(marker))}`,
  );
  if (diagnostic.expected) out.push(`   expected: ${clean(diagnostic.expected)}`);
  if (diagnostic.suggestion && diagnostic.suggestion !== diagnostic.expected)
    out.push(`   did you mean: ${clean(diagnostic.suggestion)}`);
  return out.join('\n');
}

/** The line of a place, before it and after it, in code points; a long line only around it. */
function around(
  source: string,
  { offset, column }: Position,
): Record<'before' | 'after', string[]> {
  const start = source.lastIndexOf('\n', offset - 1) + 1;
  const newline = source.indexOf('\n', offset);
  const end = newline < 0 ? source.length : newline;
  // A code point has two units at the most.
  const before = [...source.slice(Math.max(offset === 0 ? 0 : start, offset - 400), offset)];
  const kept = column > 110 ? before.slice(-59) : before;
  const after = [...source.slice(offset, Math.min(end, offset + 400))].slice(0, 160 - kept.length);
  if (after.at(-1) === '\r') after.pop();
  return { before: kept, after };
}

/** What is not seen in a hostile file must not reach a terminal: a dot for each, so that the caret stays in place. */
function clean(text: string): string {
  return replaceHidden(text, (character) => (character === '\t' ? character : '\u00b7'));
}
