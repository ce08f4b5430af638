import type { Command, SortKey } from './inspector-messages.ts'

/** A page has no more to say than what somebody types. */
const MOST_CHARACTERS = 2_048
const MOST_TEXT = 256
const MOST_ROUTE = 1_024

const SORT_KEYS: Record<SortKey, true> = {
  id: true,
  rttMs: true,
  receivedPerSecond: true,
  sentPerSecond: true,
  bytesPerSecond: true,
  backlogBytes: true,
  topicCount: true,
}

/** What a page has asked for; undefined for what no page of ours would. */
export function readCommand(data: string): Command | undefined {
  if (data.length > MOST_CHARACTERS) return undefined
  const value = parsed(data)
  if (typeof value !== 'object' || value === null) return undefined
  const command = value as Readonly<Record<string, unknown>> // each field is looked at below
  switch (command.type) {
    case 'look':
      return readLook(command)
    case 'pick':
      return command.id === null || isWhole(command.id) ? { type: 'pick', id: command.id } : undefined
    case 'pause':
      return typeof command.isPaused === 'boolean' ? { type: 'pause', isPaused: command.isPaused } : undefined
    default:
      return undefined
  }
}

function readLook({ text, route, sort, isDescending }: Readonly<Record<string, unknown>>): Command | undefined {
  if (!isText(text, MOST_TEXT) || !(route === null || isText(route, MOST_ROUTE))) return undefined
  if (typeof isDescending !== 'boolean' || !isSortKey(sort)) return undefined
  return { type: 'look', text, route, sort, isDescending }
}

function parsed(data: string): unknown {
  try {
    return JSON.parse(data)
  } catch {
    return undefined
  }
}

const isWhole = (value: unknown): value is number => Number.isSafeInteger(value)

const isText = (value: unknown, most: number): value is string => typeof value === 'string' && value.length <= most

const isSortKey = (value: unknown): value is SortKey => typeof value === 'string' && Object.hasOwn(SORT_KEYS, value)
