import { CliError, exit } from './framework/command.ts';

/** Parses a webhook id. Throws a usage error if it is invalid. */
export function requireWebhookId(text: string): number {
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text);
  throw new CliError(exit.usage, `"${text}" is not a webhook id; "webhook list TEAM" shows them.`);
}
