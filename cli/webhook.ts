import { CliError, exit } from './framework/command.ts';

/** The id of a webhook that an argument is; a usage error when it is none. */
export function requireWebhookId(text: string): number {
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text);
  throw new CliError(exit.usage, `"${text}" is no webhook's id; "webhook list TEAM" shows them.`);
}
