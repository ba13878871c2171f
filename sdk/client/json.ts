import { parseJson as parseBounded } from '../../trust/index.ts';

/** The JSON value of a response; `undefined` if it is not JSON or exceeds the limits of trust/json.ts. */
export function parseJson(bytes: Uint8Array): unknown {
  try {
    return parseBounded(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}
