import { runPinned } from './bootstrap.mjs'

await runPinned('simulation/src/soak/main.ts', process.argv.slice(2))
