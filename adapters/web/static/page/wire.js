// @ts-check
/**
 * The calls to the server, and the shapes of what comes back (`docs/openapi.yaml`). Nothing is stored: the token lives in a
 * variable, travels in a header, and goes with the page.
 */

/** @typedef {{id: string, label: string}} Choice */
/** @typedef {{id: string, title: string, by: string, date: string, sections: string[]}} Source */
/** @typedef {{name: string, call: string|null, text: string|null, chat: string|null, hours: string|null, what: string}} HelpLine */
/** @typedef {{kind: string, text: string, n: number, message_id: string, handoff: 'offered'|'opened'|null, latched: boolean,
 *   choices: Choice[], sources: Source[], help: HelpLine[], answer_ids: string[], receipt: {at: string}}} Turn */
/** @typedef {{n: number, author: 'person', name: string, text: string, at: string}} PersonSaid */
/** @typedef {{n: number, state: 'sent'|'seen'|'here'|'waiting'|'back'|'closed', name: string|null, at: string}} Fact */
/** @typedef {{token?: string, body?: object, last?: number, keepalive?: boolean, signal: AbortSignal}} Options */

export const API = '/api/v1/conversations'
const TRIES = 4
const FIRST_WAIT_MS = 500 // before the second try; each wait is twice the one before
const REQUEST_MS = 15000
const OFFLINE = 'You are offline. What you send is kept here and goes out when you are back.'

/** The conversation is not there any more: the server was started again, or it was erased elsewhere. */
export class Gone extends Error {}

/** The server understood, and said no; asking again would not help. */
export class Refused extends Error {}

/** Too many calls in a short time; the same call may be made again after a while. */
export class Busy extends Error {
  /** @param {string|null} after - seconds to wait, as the server gave them */
  constructor(after) {
    super()
    this.waitMs = (Number(after) || 5) * 1000
  }
}

/**
 * Call the server; a call that did not arrive is tried again, the same each time, so that nothing is said twice.
 * @param {string} method
 * @param {string} path
 * @param {Options & {tell: (text: string) => void}} options - `tell` is given how it stands, for people
 * @returns {Promise<any>}
 */
export async function call(method, path, { tell, ...options }) {
  const { signal } = options
  for (let tries = 1; ; tries += 1) {
    try {
      return await callOnce(method, path, options)
    } catch (error) {
      if (signal.aborted || error instanceof Gone || error instanceof Refused || error instanceof Busy) throw error
      if (!navigator.onLine) {
        tell(OFFLINE)
        await untilOnline(signal)
        tries = 0
      } else if (tries < TRIES) {
        tell('Still trying…')
        await pause(FIRST_WAIT_MS * 2 ** (tries - 1), signal)
      } else {
        throw error
      }
    }
  }
}

/**
 * Call the server once, and give up after a while.
 * @param {string} method
 * @param {string} path
 * @param {Options} options
 * @returns {Promise<any>}
 */
export async function callOnce(method, path, options) {
  const limit = new AbortController()
  const stop = () => limit.abort()
  const timer = setTimeout(stop, REQUEST_MS)
  options.signal.addEventListener('abort', stop)
  try {
    const response = await request(method, path, { ...options, signal: limit.signal })
    return await response.json()
  } finally {
    clearTimeout(timer)
    options.signal.removeEventListener('abort', stop)
  }
}

/**
 * Return the response of a call that went well.
 * @param {string} method
 * @param {string} path
 * @param {Options} options
 * @returns {Promise<Response>}
 */
export async function request(method, path, { token, body, last, keepalive, signal }) {
  const response = await fetch(path, {
    method,
    headers: {
      ...(body ? { 'Content-Type': 'application/json' } : {}),
      ...(token ? { Authorization: `Bearer ${token}` } : {}),
      ...(last ? { 'Last-Event-ID': String(last) } : {})
    },
    body: body ? JSON.stringify(body) : undefined,
    signal,
    keepalive,
    credentials: 'omit',
    cache: 'no-store',
    referrerPolicy: 'no-referrer'
  })
  const { status } = response
  if (status === 404) throw new Gone()
  if (status === 429) throw new Busy(response.headers.get('Retry-After'))
  if (status >= 400 && status < 500 && status !== 408) throw new Refused()
  if (!response.ok) throw new Error('server')
  return response
}

/**
 * @param {number} ms
 * @param {AbortSignal} signal
 * @returns {Promise<void>}
 */
function pause(ms, signal) {
  return new Promise((resolve) => {
    setTimeout(resolve, ms)
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

/**
 * @param {AbortSignal} signal
 * @returns {Promise<void>}
 */
function untilOnline(signal) {
  return new Promise((resolve) => {
    window.addEventListener('online', () => resolve(), { once: true })
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

/**
 * A random UUID, also where the page is served without TLS and `randomUUID` is missing.
 * @returns {string}
 */
export function newId() {
  if (crypto.randomUUID) return crypto.randomUUID()
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  bytes[6] = (bytes[6] & 15) | 64
  bytes[8] = (bytes[8] & 63) | 128
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}
