/** The dialog "Try to break in": two handshakes that the server has to refuse. */

const dialog = document.querySelector('#break-in')
const template = document.querySelector('#result-template')

/** What the browser itself can see: whether the socket opens, and with which code it closes. */
const OWN_ATTEMPTS = { 'no-login': connectWithoutCookie, 'foreign-origin': connectFromForeignPage }

export function openBreakIn() {
  dialog.showModal()
}

dialog.querySelector('[data-close]').onclick = () => dialog.close()
dialog.onclick = (event) => {
  if (event.target === dialog) dialog.close() // a click beside it
}

for (const section of dialog.querySelectorAll('[data-attempt]')) {
  const button = section.querySelector('button')
  button.onclick = async () => {
    button.setAttribute('aria-busy', 'true')
    const how = section.dataset.attempt
    const [own, wire] = await Promise.all([OWN_ATTEMPTS[how](), repeatOnTheWire(how)])
    show(section.querySelector('.result'), own, wire)
    button.removeAttribute('aria-busy')
  }
}

/** Scripts never see a handshake's answer, so the server makes the same handshake to itself and shows it. */
async function repeatOnTheWire(how) {
  try {
    const response = await fetch(`/try/${how}`, { method: 'POST' })
    if (!response.ok) throw new Error(`The server answered ${response.status}.`)
    return await response.json()
  } catch (error) {
    return { error: error instanceof TypeError ? 'The server cannot be reached.' : error.message }
  }
}

/** Cookies belong to a host name, and a loopback address has two: by the other one, no cookie goes along. */
async function connectWithoutCookie() {
  const other = { localhost: '127.0.0.1', '127.0.0.1': 'localhost' }[location.hostname]
  if (other === undefined) return 'In this browser it cannot be tried: every socket to this host carries your cookie.'
  const outcome = await tryToOpen(`ws://${other}:${location.port}/chat/lobby`)
  if (outcome === 'open') return `This browser has a session for ${other} too, so its socket opened.`
  return `This browser tried by the name ${other}, for which it has no cookie. ${closed(outcome)}`
}

/** A sandboxed frame is foreign to every site. */
async function connectFromForeignPage() {
  const frame = document.createElement('iframe')
  frame.sandbox = 'allow-scripts'
  frame.hidden = true
  frame.src = 'foreign.html'
  const outcome = await new Promise((resolve) => {
    const listen = ({ source, data }) => {
      if (source !== frame.contentWindow || data?.foreign === undefined) return
      removeEventListener('message', listen)
      resolve(data.foreign === 'open' ? 'open' : data.code)
    }
    addEventListener('message', listen)
    document.body.append(frame)
  })
  frame.remove()
  if (outcome === 'open') return 'A sandboxed frame in this browser could connect. That should not be.'
  return `This browser tried from a sandboxed frame, whose origin is foreign to every site. ${closed(outcome)}`
}

function closed(code) {
  return `The socket did not open: close code ${code}, no reason. Browsers show scripts no more than that.`
}

function tryToOpen(url) {
  return new Promise((resolve) => {
    const socket = new WebSocket(url)
    socket.onopen = () => {
      socket.onclose = null
      socket.close()
      resolve('open')
    }
    socket.onclose = ({ code }) => resolve(code)
  })
}

function show(place, own, wire) {
  const result = template.content.cloneNode(true)
  const verdict = result.querySelector('.verdict')
  const refused = wire.status >= 400
  verdict.dataset.refused = refused
  verdict.querySelector('span').textContent =
    wire.error ?? `${refused ? 'Refused' : 'Let in'}: ${wire.status} ${wire.reason}`
  result.querySelector('.browser').textContent = own
  if (wire.error === undefined) fillTranscript(result.querySelector('pre'), wire)
  else result.querySelector('details').remove()
  place.replaceChildren(result)
}

function fillTranscript(pre, { sent, received, body }) {
  const line = (className, text) =>
    Object.assign(document.createElement('span'), { className, textContent: `${text}\n` })
  pre.append(...sent.map((text) => line('sent', text)), '\n', ...received.map((text) => line('received', text)))
  if (body !== '') pre.append('\n', line('received', body))
}
