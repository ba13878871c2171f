/** A contact for reports of vulnerabilities as security.txt has it (RFC 9116 section 2.5.3); `undefined` if it is none. */
export function parseContact(text: string): string | undefined {
  const isContact = /^(?:mailto:[!-~]+@[!-~]+|https:\/\/[!-~]+|tel:\+?[0-9-]+)$/.test(text);
  return isContact && URL.canParse(text) ? text : undefined;
}
