import { shellWord } from '../../sdk/shell-word.ts';

/** The command that logs in to a registry. */
export function loginCommand(registry: string): string {
  return `aa-registry login ${shellWord(registry)}`;
}

/** What to do about a profile that a registry does not show without a token; it says nothing about whether it exists. */
export function privateAdvice(registry: string): string {
  return `No token was sent, and private profiles require one. To log in: ${loginCommand(registry)}`;
}
