// @ts-check
/** What outlives a page: which conversation this tab has. Nothing is kept before the first message. */

/** @typedef {{id: string, token: string, open?: boolean, country?: string, locale?: string}} Kept */

/** A place for one conversation, in the tab, or on the device when the visitor chose so. */
export class Keeper {
  #key

  /** @param {string} name - tells two widgets on a page apart */
  constructor(name) {
    this.#key = `handrail:${name}`
  }

  /** Whether the device keeps it, and not the tab alone. */
  isOnDevice = false

  /** @returns {Kept|null} */
  read() {
    for (const storage of storages()) {
      const found = storage.getItem(this.#key)
      if (!found) continue
      this.isOnDevice = storage === storages()[1]
      return JSON.parse(found)
    }
    return null
  }

  /** @param {Kept} kept */
  write(kept) {
    this.clear()
    storages()[Number(this.isOnDevice)]?.setItem(this.#key, JSON.stringify(kept))
  }

  /** Forget it, wherever it is. */
  clear() {
    clearAll(this.#key)
  }
}

/**
 * Forget every chat, or one.
 * @param {string} [key]
 */
export function clearAll(key) {
  for (const storage of storages()) {
    for (const each of Object.keys(storage)) if (key ? each === key : each.startsWith('handrail:')) storage.removeItem(each)
  }
}

/** The tab's storage and the device's; none where the browser allows none. */
function storages() {
  try {
    return [sessionStorage, localStorage]
  } catch {
    return []
  }
}
