// @ts-check
/** The calls to the server: tried again until they arrive, the same each time; and the stream, come back to after each break. */

import { on } from './dom.js'

/** @typedef {{token?: string, body?: object, last?: number, keepalive?: boolean, signal: AbortSignal}} Request */
/** @typedef {{event?: string, data: string, id?: string, retry?: string}} Block - of a stream, by its fields */
/** @typedef {Request & {url: string, next: () => number, take: (block: Block) => void}} Followed */

export const API = '/api/v1/conversations'
const TRIES = 4
const LIMIT_MS = 15000
const FIRST_MS = 1000 // before the stream is opened again; twice as long after each further failure
const MOST_MS = 15000
const QUIET_MS = 40000 // without a byte, though the server sends a comment every 15 seconds: the stream is dead
const STALE_MS = 20000 // the same, when somebody comes back to the page and should not wait

/** The server said no. */
export class Fault extends Error {
  /** @param {Response} response */
  constructor({ status, headers }) {
    super()
    this.isGone = status === 404
    this.isBusy = status === 429
    this.isFinal = status < 500 && status !== 408 // asking again would not help, at least not now
    this.waitMs = (Number(headers.get('Retry-After')) || 1) * 1000
  }
}

/**
 * Call once, and give up after a while.
 * @param {string} method
 * @param {string} url
 * @param {Request} request
 * @param {(response: Response, heard: () => void) => Promise<any>} [read]
 * @param {number} [limitMs] - without a word
 * @returns {Promise<any>}
 */
export async function once(method, url, { token, body, last, keepalive, signal }, read = (response) => response.json(), limitMs = LIMIT_MS) {
  const life = new AbortController()
  const stop = () => life.abort()
  let timer = setTimeout(stop, limitMs)
  on(signal, 'abort', stop, life.signal)
  if (signal.aborted) stop()
  /** @type {Record<string, string>} */
  const headers = {}
  if (body) headers['Content-Type'] = 'application/json'
  if (token) headers.Authorization = `Bearer ${token}`
  if (last) headers['Last-Event-ID'] = String(last)
  try {
    const response = await fetch(url, {
      method,
      headers,
      body: body && JSON.stringify(body),
      signal: life.signal,
      keepalive,
      credentials: 'omit',
      referrerPolicy: 'no-referrer'
    })
    if (!response.ok) throw new Fault(response)
    return await read(response, () => {
      clearTimeout(timer)
      timer = setTimeout(stop, limitMs)
    })
  } finally {
    clearTimeout(timer)
    stop()
  }
}

/**
 * Call until it arrives; what did not is sent again, so the server must take it twice for once.
 * @param {string} method
 * @param {string} url
 * @param {Request} request
 * @param {() => void} tell - called when it has to be tried again
 * @returns {Promise<any>}
 */
export async function insist(method, url, request, tell) {
  for (let tries = 1; ; tries += 1) {
    try {
      return await once(method, url, request)
    } catch (error) {
      if (request.signal.aborted || (error instanceof Fault && error.isFinal) || (navigator.onLine && tries >= TRIES)) throw error
      tell()
      if (navigator.onLine) await rest(250 * 2 ** tries, request.signal)
      else {
        await rest(1e9, request.signal)
        tries = 0
      }
    }
  }
}

/**
 * Wait, unless the line comes back or all ends.
 * @param {number} ms
 * @param {AbortSignal} signal
 * @returns {Promise<unknown>}
 */
export function rest(ms, signal) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms)
    on(window, 'online', resolve, signal)
    on(signal, 'abort', () => resolve(clearTimeout(timer)))
  })
}

/**
 * Read events until the conversation is over, and hand each to `take`.
 * @param {Followed} followed - `next` says after which entry to go on
 * @returns {Promise<'ended'|'lost'|void>} erased; not on the server; told to stop
 */
export async function follow({ url, token, next, take, signal }) {
  let heardAt = 0
  let cut = () => {}
  on(window, 'online', () => cut(), signal)
  on(window, 'pageshow', ({ persisted }) => persisted && cut(), signal)
  on(document, 'visibilitychange', () => document.hidden || Date.now() - heardAt < STALE_MS || cut(), signal)
  for (let fails = 0; !signal.aborted; fails += 1) {
    const life = new AbortController()
    cut = () => life.abort()
    on(signal, 'abort', cut)
    let waitMs = 0
    try {
      if (await once('GET', url, { token, last: next(), signal: life.signal }, read, QUIET_MS)) return 'ended'
    } catch (error) {
      if (error instanceof Fault) {
        if (error.isGone) return 'lost'
        waitMs = error.waitMs
      }
    }
    // Spread out, so that all pages of a server that was started again do not come back in the same moment.
    await rest(Math.max(waitMs, Math.min(FIRST_MS * 2 ** fails, MOST_MS) * (1 + Math.random())), signal)

    /** @type {(response: Response, heard: () => void) => Promise<true|void>} */
    async function read(response, heard) {
      const reader = /** @type {ReadableStream<Uint8Array>} */ (response.body).getReader()
      const decoder = new TextDecoder()
      for (let text = '', piece = await reader.read(); !piece.done; piece = await reader.read()) {
        heard()
        heardAt = Date.now()
        fails = 0
        const blocks = (text + decoder.decode(piece.value, { stream: true })).split('\r\n\r\n')
        text = blocks.pop() ?? ''
        for (const block of blocks) {
          const fields = Object.fromEntries(block.split('\r\n').map((line) => line.split(/: ?(.*)/)))
          if (fields.event === 'ended') return true
          if (fields.event) take(fields)
        }
      }
    }
  }
}

/** A random UUID, also where the page is served without TLS and `randomUUID` is missing. */
export function newId() {
  return '10000000-1000-4000-8000-100000000000'.replace(/[018]/g, (digit) =>
    (Number(digit) ^ crypto.getRandomValues(new Uint8Array(1))[0] & 15 >> Number(digit) / 4).toString(16))
}
