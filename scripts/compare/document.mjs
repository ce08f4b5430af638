// docs/comparison.md, out of what was found.

export function documentOf(contenders, rows, results) {
  const count = (index) => results.filter((found) => found[index].isRight).length
  const head = ['', 'what is sent', 'what counts as right', ...contenders.map(({ name }) => name)]
  return `# Comparison

Written by \`npm run compare\`, not by hand; run it to repeat it. The same bytes over TCP, row by row, against a server of each library in a process of its own.
All have a message limit of 64 KiB and compression turned on, and one second for each time that the library has a setting for.
✓ is right. Else it says what came: the status of the handshake, the frames, and whether the connection ended; \`crash\`: the process died of it.
\`ws\` leaves routing, origins and hooks to its user, and the rows that are about these show what its user gets without writing them.

${contenders.map(({ name, versions }) => `- **${name}**: ${versions.join(', ')}`).join('\n')}
- Node ${process.versions.node}

${table([
  head,
  ...rows.map(({ id, sent, right }, index) => [id, sent, right, ...results[index].map(cell)]),
  ['', `**right, of ${rows.length}**`, '', ...contenders.map((_, index) => `**${count(index)}**`)],
])}
`
}

function cell({ isRight, found }) {
  return isRight ? '✓' : found
}

function table([head, ...rows]) {
  const line = (cells) => `| ${cells.map((text) => text.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}
