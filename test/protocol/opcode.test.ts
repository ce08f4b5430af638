import t from 'tap'
import { isControl, isReserved, Opcode } from '../../src/protocol/opcode.ts'

const known: number[] = Object.values(Opcode)

t.test('§5.2 every opcode that has no name is reserved', async (t) => {
  for (let opcode = 0; opcode < 16; opcode++)
    t.equal(isReserved(opcode), !known.includes(opcode), `0x${opcode.toString(16)}`)
})

t.test('§5.5 control frames are those from 8 on', async (t) => {
  for (let opcode = 0; opcode < 16; opcode++) t.equal(isControl(opcode), opcode >= 8, `0x${opcode.toString(16)}`)
})
