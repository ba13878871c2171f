import { isLabelKey, isLabelValue } from '../contract/host.ts';
import { CliError, exit } from './framework/command.ts';

/**
 * Parses labels `KEY=VALUE`; with `removable`, `KEY-` is null and removes one. Throws a usage error if one is invalid.
 */
export function requireLabels(
  texts: readonly string[],
  { removable = false }: { removable?: boolean } = {},
): Record<string, string | null> {
  const labels: Record<string, string | null> = {};
  for (const text of texts) {
    const [, key = '', value] = /^([^=]*?)(?:=(.*)|-)$/.exec(text) ?? [];
    const isKnown = isLabelKey(key) && (value === undefined ? removable : isLabelValue(value));
    if (!isKnown) {
      const or = removable ? ', or KEY- to remove it' : '';
      throw new CliError(
        exit.usage,
        `A label is KEY=VALUE${or}, such as role=edge, not "${text}".`,
      );
    }
    labels[key] = value ?? null;
  }
  return labels;
}

/** Labels as text. */
export function labelText(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(' ');
}
