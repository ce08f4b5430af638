/**
 * Whether there is time for what takes as long as it does in life: SOCKROUTE_FULL=1. Everyday's tests have the same shape,
 * with a clock that is moved by hand or with less to carry.
 */
export const IS_FULL: boolean = process.env.SOCKROUTE_FULL === '1'

/** For a test that has no short form. */
export const SKIP_SHORT: string | false = IS_FULL ? false : 'takes more than a minute: SOCKROUTE_FULL=1'
