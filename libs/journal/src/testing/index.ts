export * from './foreign.ts'
