import { expectStatus } from './publisher.ts';
import { origin, type TestRegistry } from './runtimes.ts';

/** Submits a form of a page as a browser does. */
export function submit(
  registry: Pick<TestRegistry, 'fetch'>,
  path: string,
  fields: Record<string, string>,
  headers: Record<string, string> = {},
): Promise<Response> {
  return registry.fetch(path, {
    method: 'POST',
    redirect: 'manual',
    headers: {
      'Content-Type': 'application/x-www-form-urlencoded',
      Origin: origin,
      'Sec-Fetch-Site': 'same-origin',
      ...headers,
    },
    body: new URLSearchParams(fields).toString(),
  });
}

/** Signs in with an API token; the headers of requests of the session. */
export async function signIn(
  registry: Pick<TestRegistry, 'fetch'>,
  token: string,
): Promise<{ Cookie: string }> {
  const response = await expectStatus(303, submit(registry, '/sign-in', { token }));
  return { Cookie: response.headers.get('Set-Cookie')?.split(';')[0] ?? '' };
}
