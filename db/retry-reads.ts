/** The maximum number of attempts: several idle connections may have been closed together. */
const maxAttempts = 3;

/** A statement of a request that changes nothing: a query, or the frame of a transaction. */
const isHarmless = /^\s*(?:select|begin|commit|rollback)\b/i;

/** The parts of a Hrana request (version 2, JSON) that tell what it does. */
interface Pipeline {
  baton?: string | null;
  requests: {
    type: string;
    sql?: string;
    stmt?: { sql?: string };
    batch?: { steps: { stmt: { sql?: string } }[] };
  }[];
}

/**
 * A `fetch` for the libSQL client that repeats a request which only reads, if its response did not arrive: a server
 * closes idle connections, and a request sent at that moment is lost ("Network connection lost" on Workers). A write
 * is never repeated, since it may have been committed.
 */
export function retryReads(
  fetch: typeof globalThis.fetch,
): (request: Request) => Promise<Response> {
  return async (request) => {
    const { url, method, headers } = request;
    const body = await request.text();
    for (let attempt = 1; ; attempt++) {
      try {
        const response = await fetch(url, { method, headers, body });
        // Read here, since the connection may also be lost in the middle of the response.
        const { status } = response;
        return new Response(await response.text(), { status, headers: response.headers });
      } catch (error) {
        if (attempt >= maxAttempts || !onlyReads(body)) throw error;
      }
    }
  };
}

/** Whether a request can be repeated: it changes nothing and continues no transaction. */
function onlyReads(body: string): boolean {
  const { baton, requests } = JSON.parse(body) as Pipeline;
  return (
    (baton ?? null) === null &&
    requests.every(({ type, sql, stmt, batch }) => {
      if (type === 'close' || type === 'close_sql') return true;
      const texts = [sql, stmt?.sql, ...(batch?.steps ?? []).map((step) => step.stmt.sql)];
      // Statements that name a stored text by its id have none of their own.
      return texts.every((text) => text === undefined || isHarmless.test(text));
    })
  );
}
