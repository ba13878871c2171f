/**
 * A message with an initial capital, unless its first word is a name: of a profile, a file or an option, which stay as
 * they are.
 */
export function asSentence(message: string): string {
  return /^(?:a|an|another|no|several|standard|the|this) /.test(message)
    ? message.charAt(0).toUpperCase() + message.slice(1)
    : message;
}
