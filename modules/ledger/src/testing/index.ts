export type { EngineSite, MakeSite } from './contract.ts'
export { MemoryEngine } from './memory-engine.ts'
export { describePostingEngine } from './posting-engine.ts'
