/** Whether two types are the same, and not only alike. */
export type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false

/** Does not compile unless `Claim` is what it is given. */
export function expectType<Claim>(_claim: Claim): void {}
