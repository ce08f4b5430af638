/** Which part of a Redis Cluster a topic is in. */

const SLOTS = 16_384

/** CRC-16/XMODEM, which is the cluster's own. */
function crc16(text: string): number {
  let crc = 0
  for (const byte of Buffer.from(text)) {
    crc ^= byte << 8
    for (let bit = 0; bit < 8; bit++) crc = (crc & 0x8000) === 0 ? crc << 1 : (crc << 1) ^ 0x1021
    crc &= 0xffff
  }
  return crc
}

/** The slot of all channels whose name has `{tag}`. */
export function slotOf(tag: string): number {
  return crc16(tag) % SLOTS
}

/** Topics in one partition share a slot, so that one command can name many of them. */
export function partitionOf(topic: string, partitions: number): number {
  return crc16(topic) % partitions
}
