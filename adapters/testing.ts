export { TestClock } from './testing-clock.ts'
