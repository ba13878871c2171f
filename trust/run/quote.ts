// Values of manifests in the formats that run lines are written in: words of printable ASCII.

/** Quotes a word for a POSIX shell if necessary. */
export function shellWord(text: string): string {
  return /^[\w./@:+,%=-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** A YAML 1.2 scalar that every parser reads as this string: plain if it can be nothing else, else as JSON. */
export function yamlString(text: string): string {
  const isPlain = /^(?:[A-Za-z]{2}|\/)[A-Za-z0-9._/-]*$/.test(text) && !yamlWords.test(text);
  return isPlain ? text : JSON.stringify(text);
}

/** Booleans and null, also of YAML 1.1. */
const yamlWords = /^(?:true|false|yes|no|on|off|y|n|null)$/i;

/** A TOML basic string (TOML 1.0). */
export function tomlString(text: string): string {
  return JSON.stringify(text);
}

/** A word of a command line in a unit (systemd.service(5)): without quotes if it needs none. */
export function unitWord(text: string): string {
  const escaped = unitValue(text)
    .replaceAll('$', '$$$$')
    .replaceAll('\\', '\\\\')
    .replaceAll('"', '\\"');
  return /^[\w./@:+,%=-]+$/.test(text) ? escaped : `"${escaped}"`;
}

/** A value of a unit's setting, in which `%` begins a specifier (systemd.unit(5)). */
export function unitValue(text: string): string {
  return text.replaceAll('%', '%%');
}
