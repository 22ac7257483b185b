// @ts-check
/** The form in which a visitor may leave a way to be reached: offered once a person was called for, and never asked for. */

import { button, paragraph, span, word } from './elements.js'
import { newId } from './wire.js'

const MOST_CHARS = 200

/** An offer that opens to one field, keeps what was saved in view, and takes it back. */
export class ContactOffer {
  #field = document.createElement('input')
  #form = document.createElement('form')
  #state = paragraph('', 'kept')
  #fault = paragraph('', 'fault') // and what else there is to say
  #save

  /** @param {(contact: string) => Promise<void>} save - empty takes it back */
  constructor(save) {
    this.#save = save
    this.node = this.#build()
  }

  /**
   * Move it under a newer reply, unless somebody is at it.
   * @param {HTMLElement} item
   */
  moveTo(item) {
    if (!this.node.isConnected || !(this.node.open || this.node.contains(document.activeElement))) item.append(this.node)
  }

  #build() {
    const details = document.createElement('details')
    details.className = 'contact'
    const summary = document.createElement('summary')
    summary.textContent = word('contact_offer')
    this.#fill()
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault()
      this.#submit()
    })
    details.addEventListener('toggle', () => {
      if (details.open) details.scrollIntoView({ block: 'nearest' })
    })
    this.#state.hidden = true
    this.#state.tabIndex = -1
    details.append(summary, this.#form, this.#state, this.#fault)
    return details
  }

  #fill() {
    const id = `contact-${newId()}`
    const label = document.createElement('label')
    label.htmlFor = id
    label.textContent = word('contact_label')
    const hint = paragraph(word('contact_hint'), 'hint')
    hint.id = `${id}-hint`
    this.#fault.id = `${id}-fault`
    // A browser that filled it in by itself would show the address to whoever uses the device.
    Object.assign(this.#field, { id, type: 'text', maxLength: MOST_CHARS, autocomplete: 'off', spellcheck: false })
    this.#field.setAttribute('aria-describedby', `${hint.id} ${this.#fault.id}`)
    const row = document.createElement('div')
    row.className = 'row'
    const send = document.createElement('button')
    send.textContent = word('contact_save')
    row.append(this.#field, send)
    this.#form.noValidate = true
    this.#form.append(label, row, hint)
  }

  async #submit() {
    const contact = this.#field.value.trim()
    if (!contact) {
      this.#refuse(word('contact_empty'))
      return
    }
    if (!await this.#try(contact)) return
    this.#state.replaceChildren(
      span('', word('contact_kept', { contact })), ' ',
      button(word('contact_change'), () => this.#edit()),
      button(word('contact_back'), () => this.#takeBack())
    )
    this.#show(this.#state)
    this.#state.focus({ preventScroll: true })
  }

  #edit() {
    this.#show(this.#form)
    this.#field.focus()
  }

  async #takeBack() {
    if (!await this.#try('')) return
    this.#field.value = ''
    this.#edit()
    this.#fault.textContent = word('contact_gone')
  }

  /**
   * @param {string} contact
   * @returns {Promise<boolean>} whether the server has it
   */
  async #try(contact) {
    this.#fault.textContent = ''
    this.#field.removeAttribute('aria-invalid')
    try {
      await this.#save(contact)
      return true
    } catch {
      if (this.node.isConnected) this.#refuse(word(contact ? 'contact_failed' : 'contact_stays'))
      return false
    }
  }

  /** @param {string} why - read out by the log that it stands in */
  #refuse(why) {
    this.#fault.textContent = why
    this.#field.setAttribute('aria-invalid', 'true')
  }

  /** @param {HTMLElement} part - of the two, the one to see */
  #show(part) {
    this.#form.hidden = part !== this.#form
    this.#state.hidden = part !== this.#state
  }
}
