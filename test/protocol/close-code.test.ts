import t from 'tap'
import { CloseCode, isSendableCloseCode } from '../../src/protocol/close-code.ts'

const sendable: [from: number, to: number][] = [
  [1000, 1003],
  [1007, 1014],
  [3000, 4999],
]

t.test('§7.4 of all codes that fit into a close frame, only those with a meaning may stand in one', async (t) => {
  const wrong: number[] = []
  for (let code = 0; code < 65536; code++) {
    const expected = sendable.some(([from, to]) => code >= from && code <= to)
    if (isSendableCloseCode(code) !== expected) wrong.push(code)
  }
  t.same(wrong, [])
})

t.test('§7.4.1 each name stands for its number', async (t) => {
  t.same(Object.entries(CloseCode), [
    ['Normal', 1000],
    ['GoingAway', 1001],
    ['ProtocolError', 1002],
    ['UnsupportedData', 1003],
    ['NoStatus', 1005],
    ['Abnormal', 1006],
    ['InvalidPayload', 1007],
    ['PolicyViolation', 1008],
    ['MessageTooBig', 1009],
    ['MandatoryExtension', 1010],
    ['InternalError', 1011],
    ['ServiceRestart', 1012],
    ['TryAgainLater', 1013],
    ['BadGateway', 1014],
  ])
})

t.test('§7.4.1 the codes that only report may not be sent', async (t) => {
  const reporting = Object.values(CloseCode).filter((code) => !isSendableCloseCode(code))
  t.same(reporting, [CloseCode.NoStatus, CloseCode.Abnormal])
  t.notOk(isSendableCloseCode(1015), 'nor may 1015, which would report a failure of TLS')
})

t.test('what is no 16-bit number is no code', async (t) => {
  for (const code of [-1, 1000.5, 65536, 2 ** 32 + 1000, Number.NaN, Number.POSITIVE_INFINITY])
    t.equal(isSendableCloseCode(code), false, `${code}`)
})
