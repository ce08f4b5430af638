import type { Page } from 'playwright-core'

/** A page opens a WebSocket and says something. @throws Error if that does not come back */
export async function talkInPage(page: Page, url: string): Promise<void> {
  const told = await page.evaluate(talk, url)
  await page.close()
  if (told !== 'hello') throw new Error(told)
}

/** Runs in the page. */
async function talk(url: string): Promise<string> {
  const socket = new WebSocket(url)
  const told = await new Promise<string>((resolve) => {
    socket.onopen = () => socket.send('hello')
    socket.onmessage = ({ data }) => resolve(String(data))
    socket.onclose = () => resolve('closed without a message')
  })
  socket.close()
  return told
}
