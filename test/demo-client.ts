/** The demo's page without a browser. */

import { Client } from './support/ws-client.ts'

export async function login(url: string, name: unknown): Promise<{ status: number; cookie: string }> {
  const headers = { 'content-type': 'application/json' }
  const { status, headers: answer } = await fetch(`${url}login`, {
    method: 'POST',
    headers,
    body: JSON.stringify({ name }),
  })
  const cookie = answer.getSetCookie().map((header) => header.split(';')[0])
  return { status, cookie: cookie.join('; ') }
}

/** The rooms that a server lists. */
export async function rooms(url: string): Promise<unknown[]> {
  return (await (await fetch(`${url}api/rooms`)).json()) as unknown[]
}

/** What the server tells a page; each message has some of it. */
export interface Told {
  readonly type: string
  readonly message: { readonly text: string }
  readonly history: readonly { readonly text: string }[]
  readonly messages: readonly { readonly text: string }[]
  readonly people: readonly { readonly name: string; readonly via: string }[]
  readonly isAway: boolean
  readonly isBrokerAway: boolean
}

export class ChatPage extends Client {
  /** Who was here when it was last told. */
  #people: Told['people'] = []

  static async join(url: string, name: string, room: string): Promise<ChatPage> {
    return ChatPage.connect(url, room, (await login(url, name)).cookie)
  }

  static async connect(url: string, room: string, cookie: string): Promise<ChatPage> {
    return ChatPage.opened(new ChatPage(`${url.replace('http', 'ws')}chat/${room}`, { headers: { cookie } }))
  }

  say(id: string, text: string): void {
    this.send(JSON.stringify({ type: 'say', id, text }))
  }

  /** The next message of that type; those before it are dropped. */
  told(type: string): Promise<Told> {
    return this.toldOneOf(type)
  }

  async toldOneOf(...types: string[]): Promise<Told> {
    for (;;) {
      const told = JSON.parse(await this.next()) as Told
      if (told.type === 'people') this.#people = told.people
      if (types.includes(told.type)) return told
    }
  }

  /** Fulfils when these are who is here, as it was told last, or is told; what else comes meanwhile is dropped. */
  async sees(...people: string[]): Promise<void> {
    const here = (): string[] => this.#people.map(({ name, via }) => `${name}, ${via}`)
    while (here().sort().join() !== people.sort().join()) await this.told('people')
  }
}
