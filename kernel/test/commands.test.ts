import { testCommands } from '@florin/kernel/testing'
import { modules } from './tally/index.ts'

testCommands({ modules, mutable: ['tally.jars.name', 'tally.jars.total', 'tally.jars.taken'] })
