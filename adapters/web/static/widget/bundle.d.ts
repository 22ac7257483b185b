/** What the server puts before the parts when it joins them (`adapters/web/widget.py`). */
interface Bundle {
  /** The stylesheet, as one text. */
  style: string
  /** English: the interface, and what the pack says. */
  words: Record<string, string>
  /** Questions to begin with, in the pack's language. */
  starters: string[]
  /** Call, text and chat of the first lines for danger, by country; "any" for where none is known. */
  help: Record<string, [string | null, string | null, string | null][]>
  /** Whose numbers are shown when a visitor's country is not known; empty for "any". */
  country: string
  /** Two letters, the name of the language in itself, and what the launcher says in it. */
  locales: Record<string, [string, string]>
}

declare const BUNDLE: Bundle
