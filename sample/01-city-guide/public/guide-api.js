/** The server has refused, with its reason. */
export class RefusedError extends Error {}

/**
 * Asks the server for JSON.
 *
 * @returns the answer, who gave it, how many milliseconds that took at the server, and how many the database
 *   took when it was last asked, where that is known
 * @throws RefusedError when the answer is not a success
 */
export async function ask(path, options = {}) {
  const response = await fetch(path, { cache: 'no-store', ...options });
  const body = await response.json();
  if (!response.ok) throw new RefusedError(body.message ?? `Status ${response.status}`);
  return { body, ...timing(response) };
}

/** Sends a change as JSON. */
export function change(path, body) {
  return ask(path, {
    method: 'PATCH',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}

/**
 * Reads a header such as `memory;dur=0.06, database;dur=143.27;desc="when last asked"`: first who answered,
 * then what the database took before.
 */
function timing(response) {
  const header = response.headers.get('server-timing') ?? '';
  const [first, before] = [...header.matchAll(/(\w+);dur=([\d.]+)/g)];
  return {
    answeredBy: first?.[1],
    duration: Number(first?.[2]),
    databaseDuration: before && Number(before[2]),
  };
}
