// Joins lines that a container runtime has split, and detects lines that were wrapped when they were copied.
import { type LogEvent, maxLine } from './event.ts';
import { eventsIn } from './log-form.ts';
import { requestOf } from './request.ts';
import { missingField } from './required.ts';

export interface WholeLine {
  line: string;
  /** The line holds a part of an event, and the rest of it is missing or in other lines. */
  cut: boolean;
}

/** A line of a container's log as kubelet stores it (CRI): the time, the stream and P for a part or F for the end. */
const cri = /^(\S+ (stdout|stderr)) ([PF])(?::\S*)? (.*)$/s;

/** The maximum length of a joined line: longer ones are too long for an event anyway. */
const maxJoined = 4 * maxLine;

/** What an AppArmor event has, also where its first words are in the line before. */
const event = /apparmor|\btype=(?:1400|150[0-7])\b|(?:requested|denied)_mask=/i;
const start = /\baudit\(|\btype=\w|apparmor=|avc:/;
/** The rest of a wrapped event: fields, or the end of a value and fields. */
const rest = /^[>\s]*[^\s={[]*(?:=(?:"[^"]*"?|\S*))?(?:\s+[\w-]+=(?:"[^"]*"?|\S*))*\s*$/;
/** What a logger puts before each line: a time, the kernel's own prefixes, or a program with its process id. */
const prefix =
  /^[>\s]*(?:<\d{1,3}>|\[[ \d]*\d\.\d+[^\]]*\]|\[?(?:[A-Z][a-z]{2} ){1,2}[ \d]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\d[T ]\d\d:\d\d|\d+,\d+,\d+,[^;\s]*;|node=|type=|\{|[\w./@-]+\[\d+\]: )/;
const field =
  /(?:^|[\s>])(?:operation|class|profile|name|pid|comm|requested_mask|denied_mask|requested|denied|fsuid|ouid|peer|family|sock_type|protocol|capability|capname|signal|info|error|srcname|target)=/;

/**
 * The lines of a log, in which the parts that Docker or kubelet made of one line are joined. With `hold`, an event is
 * returned after the next line has been read, which shows whether the event was wrapped. Without it, each line is returned
 * immediately, so that a log can be followed.
 */
export async function* wholeLines(
  lines: AsyncIterable<string>,
  hold: boolean,
): AsyncGenerator<WholeLine> {
  const parts = new Map<string, string>();
  let docker: DockerEntry | undefined;
  let held: WholeLine | undefined;
  const give = function* (line: string, cut = false): Generator<WholeLine> {
    if (!hold) {
      yield { line, cut };
      return;
    }
    if (held && isRest(line) && !(held.cut ? prefix.test(line) : isWhole(held.line, line))) {
      // Neither of them need be about AppArmor.
      held.cut ||= event.test(held.line + line);
      if (held.cut) return;
    }
    if (held) yield held;
    held = undefined;
    if (!cut && start.test(line) && !line.startsWith('{')) held = { line, cut };
    else yield { line, cut };
  };
  for await (const line of lines) {
    const [, head, stream = '', flag, text = ''] = cri.exec(line) ?? [];
    if (head !== undefined) {
      const joined = (parts.get(stream) ?? '') + text;
      if (flag === 'P') parts.set(stream, joined.slice(0, maxJoined));
      else {
        parts.delete(stream);
        yield* give(`${head} F ${joined}`);
      }
      continue;
    }
    const entry = dockerEntry(line);
    if (docker) {
      const continues =
        entry && entry.stream === docker.stream && !start.test(entry.log.slice(0, 200));
      if (continues && (docker.log.length >= maxLine || entry.log.endsWith('\n'))) {
        entry.log = (docker.log + entry.log).slice(0, maxJoined);
        docker = undefined;
        if (entry.log.endsWith('\n')) yield* give(JSON.stringify(entry));
        else docker = entry;
        continue;
      }
      yield* give(JSON.stringify(docker));
      docker = undefined;
    }
    // A followed log is read line by line, as the next one may never come.
    if (entry && hold && event.test(entry.log) && !entry.log.endsWith('\n')) docker = entry;
    else yield* give(line);
  }
  if (docker) yield* give(JSON.stringify(docker));
  for (const [stream, text] of parts) if (event.test(text)) yield* give(`${stream} ${text}`, true);
  if (held) yield held;
}

interface DockerEntry {
  log: string;
  stream: unknown;
}

/** A line of Docker's json-file driver. */
function dockerEntry(line: string): DockerEntry | undefined {
  if (!line.startsWith('{') || !line.includes('"log"')) return undefined;
  try {
    const value = JSON.parse(line) as Partial<DockerEntry>;
    return typeof value.log === 'string' ? (value as DockerEntry) : undefined;
  } catch {
    return undefined;
  }
}

/** Whether a line may go on with an event of the line before. */
function isRest(line: string): boolean {
  if (line.length > 1000 || start.test(line) || !line.includes('=')) return false;
  return field.test(line) || rest.test(line);
}

/** The fields with which the kernel's records end. */
const last = /^(?:ouid|peer|capname|value|tcontext|flags)$/;
/** A field that a record must not lack where the kernel wrote it, as its rule would be another one. */
const narrows = new Set([
  ...['requested_mask', 'denied_mask', 'requested', 'denied', 'fsuid', 'ouid', 'addr', 'peer'],
  ...[
    'peer_addr',
    'peer_label',
    'srcname',
    'fstype',
    'flags',
    'target',
    'tcontext',
    'signal',
    'value',
  ],
]);

/**
 * Whether an event ends with its line, although the next one could go on with it: programs write key=value too, and
 * must not hide a denial before their line.
 */
function isWhole(line: string, next: string): boolean {
  if (prefix.test(next)) return true;
  const events = eventsIn(line);
  const [event] = events;
  if (!event || events.length > 1) return false;
  const { key, raw } = event.fields.at(-1) ?? { key: '', raw: '' };
  if (key === '' || raw === '' || /^"[^"]*$/.test(raw)) return false;
  // A number may go on, before what auditd adds.
  if (/\d$/.test(raw) && /^\d+\s*[A-Z]+=/.test(next)) return false;
  const has = (name: string) => event.fields.some((one) => one.key === name);
  const [, first = ''] = /^[>\s]*([\w-]+)=/.exec(next) ?? [];
  if (requestOf(event) === undefined)
    return first !== '' && (!field.test(`${first}=`) || has(first));
  return hasAll(event) && (last.test(key) || !narrows.has(first) || has(first));
}

/** Whether an event has every field that a rule needs. */
function hasAll(event: LogEvent): boolean {
  const access = requestOf(event);
  return access !== undefined && missingField(event, access) === undefined;
}
