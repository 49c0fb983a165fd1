/** The server has refused, with its reason. */
export class RefusedError extends Error {}

/** Asks the launcher for JSON. @throws RefusedError when the answer is not a success */
export async function ask(path) {
  return answerOf(await fetch(path, { cache: 'no-store' }));
}

/** Asks for a change. @throws RefusedError when the answer is not a success */
export async function put(path, body = {}) {
  const headers = { 'content-type': 'application/json' };
  return answerOf(await fetch(path, { method: 'PUT', headers, body: JSON.stringify(body) }));
}

async function answerOf(response) {
  const body = await response.json();
  if (!response.ok) throw new RefusedError(body.message ?? `Status ${response.status}`);
  return body;
}
