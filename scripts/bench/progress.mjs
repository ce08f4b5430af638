// One line that is written over, on a terminal; elsewhere nothing, as it would be hundreds of lines.

const { isTTY } = process.stderr

export function progress(text) {
  if (isTTY) process.stderr.write(`\r\x1b[K${text}`)
}

export function progressDone() {
  if (isTTY) process.stderr.write('\r\x1b[K')
}
