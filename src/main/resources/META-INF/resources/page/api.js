// Calls of the REST interface. The token stays in this tab and goes nowhere but into the header.
const KEY = 'imageferry.token';

/** An answer that is an error; `status` is 0 when there was none. */
export class ApiError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

export function hasToken() {
  return sessionStorage.getItem(KEY) !== null;
}

export function keepToken(token) {
  sessionStorage.setItem(KEY, token);
}

export function forgetToken() {
  sessionStorage.removeItem(KEY);
}

export async function get(path) {
  const headers = { Accept: 'application/json, application/problem+json' };
  if (hasToken()) {
    headers.Authorization = `Bearer ${sessionStorage.getItem(KEY)}`;
  }
  let response;
  try {
    response = await fetch(`/api/v1${path}`, { headers, cache: 'no-store', signal: AbortSignal.timeout(15000) });
  } catch {
    throw new ApiError(0, 'The daemon does not answer.');
  }
  if (!response.ok) {
    const problem = await response.json().catch(() => ({}));
    throw new ApiError(response.status, problem.title ?? `The daemon answers with ${response.status}.`);
  }
  return response.json();
}
